"""What is due is taken one at a time, however the server plans to take it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from queries.session import tenant_session
from queries.settings import Settings
from queries.statements import ask
from tests.conftest import Database
from tests.sponsorship import own_database
from tests.studio import Studio

_DUE = 4


@pytest.fixture(scope="module")
def claims_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_claims") as made:
        yield made


@pytest.mark.parametrize(
    ("statement", "table", "key"),
    [
        ("ingest/claim_feed", "podcast_feeds", "podcast_id"),
        ("ingest/claim_transcript", "transcript_links", "episode_id"),
    ],
)
@pytest.mark.parametrize("joins", ["hash", "merge", "loop"])
def test_the_one_that_has_been_due_longest_is_taken_and_no_other(
    claims_database: Database, statement: str, table: str, key: str, joins: str
) -> None:
    studio = Studio(claims_database)
    since = datetime.now(UTC) - timedelta(hours=1)
    due = []
    for number in range(_DUE):
        podcast = studio.tenant.insert(
            "podcasts", name=f"Show {number}", rss_feed_url=f"https://shows.example/{studio.one}/{number}.xml"
        )
        at = since + timedelta(minutes=(number + 1) % _DUE)
        subject = podcast if key == "podcast_id" else studio.tenant.episode(podcast, f"Episode {number}")
        values = {"tenant_id": studio.tenant.tenant_id, key: subject, "next_try_at": at}
        if key == "episode_id":
            values |= {"url": "https://shows.example/words.vtt", "format": "vtt"}
        with studio.tenant.owner() as owner:
            owner.execute(
                f"insert into {table} ({', '.join(values)}) values ({', '.join(['%s'] * len(values))})",
                list(values.values()),
            )
        due.append((at, subject))
    taken = []
    for left in range(_DUE - 1, -1, -1):
        with tenant_session(studio.actor, write=True) as connection:
            # Without statistics, or with old ones, any of them may be chosen.
            for plan, name in (("hash", "hashjoin"), ("merge", "mergejoin"), ("loop", "nestloop")):
                connection.execute(text(f"set local enable_{name} = {'on' if plan == joins else 'off'}"))
            connection.execute(text("set local enable_material = off"))
            taken += [row[key] for row in ask(connection, statement)]
        assert studio.rows(
            f"select count(*) from {table} where tenant_id = %(tenant)s and next_try_at <= now()"
        ) == [(left,)]
    assert taken == [one for _, one in sorted(due)]
