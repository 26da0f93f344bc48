"""Who has the data model in one hand finds each line of it in the database; on TimescaleDB see test_timescale.py."""

from __future__ import annotations

import psycopg
import pytest

from tests.data_model import Model


def test_every_line_of_the_model_is_there(superuser_dsn: str) -> None:
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        model = Model(connection, "plain")
        assert len(model.entries) == 66 + 3 + 2
        assert model.faults() == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("alter table matches rename to pairs", "matches: no such table"),
        ("alter table agencies rename column contact_email to email", "agencies: no column contact_email"),
        (
            "alter table webhooks drop constraint webhooks_event_types_check1, alter event_types type varchar[]",
            "webhooks: event_types is no array",
        ),
        ("alter table partners alter id set default gen_random_uuid()", "its id is not made by"),
        ("alter table permissions drop constraint permissions_name_key", "permissions: name is not unique"),
        ("alter table user_roles drop constraint user_roles_pkey", "user_roles: its primary key is not"),
        (
            "alter table experiment_events drop constraint experiment_events_user_of_tenant",
            "experiment_events: user_id is no reference to users",
        ),
        ("drop policy tenant_isolation on sponsors", "sponsors: tenant_isolation is not there"),
        ("revoke select on replication_status from podboard_web", "replication_status: not readable"),
        ("drop view metrics_daily", "metrics_daily: no such view"),
        ("alter function refresh_metrics_daily() rename to refreshed", "refresh_metrics_daily(): no such"),
        (
            "create or replace function raw_retention_start() returns timestamptz language sql stable "
            "as $$ select now() - interval '1 year' $$",
            "listener_events: not kept for 2 years",
        ),
    ],
)
def test_what_is_not_as_the_model_says_is_named(superuser_dsn: str, change: str, fault: str) -> None:
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute(change.encode())
        assert fault in "\n".join(Model(connection, "plain").faults())
        connection.rollback()
