"""A tenant's zone that PostgreSQL took and Python does not know, as a release of before could store it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

SET = "update tenant_settings set settings = settings || jsonb_build_object('time_zone', %s::text) where tenant_id = %s"


@pytest.fixture
def _pst(in_tables) -> Iterator[None]:
    ((tenant,),) = in_tables.execute("select id from tenants where slug = 'alpha'").fetchall()
    in_tables.execute("alter table tenant_settings disable trigger keep_tenant_directory")
    in_tables.execute(SET, ["PST", tenant])
    yield
    in_tables.execute("alter table tenant_settings enable trigger keep_tenant_directory")
    in_tables.execute(SET, ["America/New_York", tenant])


@pytest.mark.parametrize("path", ["/", "/portfolio", "/export/portfolio.stages.csv", "/reports"])
@pytest.mark.usefixtures("_pst")
def test_a_zone_that_is_not_known_is_told_of(browse, path: str) -> None:
    answer = browse("Alice").get(path)
    assert answer.status_code == 400
    assert "The time zone of this organisation, PST, is not known here" in answer.text
