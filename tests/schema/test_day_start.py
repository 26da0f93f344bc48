"""When a local day begins: the database and Python agree, in every zone, where clocks change at midnight too."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import psycopg

from queries.periods import day_start
from schema.migrate import FOLDER
from tests.conftest import Database

# Of later years the two may have learned different laws.
_FIRST, _LAST = date(2016, 1, 1), date(2025, 12, 31)


def _changes(zone: str) -> set[date]:
    """The days next to a change of the zone's clocks, and one on which nothing changes."""
    at, place = datetime.combine(_FIRST, datetime.min.time(), UTC), ZoneInfo(zone)
    days, before = {_FIRST}, at.astimezone(place).utcoffset()
    while at.date() < _LAST:
        at += timedelta(days=1)
        if (offset := at.astimezone(place).utcoffset()) != before:
            days |= {at.date() + timedelta(days=n) for n in (-2, -1, 0, 1)}
        before = offset
    return days


def test_a_day_begins_alike_in_the_database_and_in_python_in_every_zone(database: Database) -> None:
    with psycopg.connect(database.web_dsn) as connection:
        known = {name for (name,) in connection.execute("select name from pg_timezone_names")}
        asked = [
            (zone, day)
            for zone in sorted(available_timezones() & known)
            # As tenants are let have one: CET alone is no zone to the database, but an hour.
            if zone == "UTC" or "/" in zone
            for day in sorted(_changes(zone))
        ]
        found = connection.execute(
            "select a.zone, a.day, day_start(a.day, a.zone), a.day::timestamp at time zone a.zone"
            " from unnest(%s::text[], %s::date[]) as a (zone, day)",
            [[zone for zone, _ in asked], [day for _, day in asked]],
        ).fetchall()
    assert len(found) > 10_000
    assert [row for row in found if row[2] != day_start(row[1], ZoneInfo(row[0]))] == []
    # Those for which the function is there: by an hour, and by three.
    twice = {zone for zone, day, _, plain in found if plain != day_start(day, ZoneInfo(zone))}
    assert {"America/Havana", "Atlantic/Azores", "Antarctica/Casey"} <= twice


def test_days_that_stood_wrong_are_counted_anew(database: Database) -> None:
    """By the step of 0156 that looks for them: of a tenant in Havana two days in each year, of one in Berlin none."""
    text = (FOLDER / "migrations" / "0156_first_of_two_midnights.sql").read_text()
    step = "with zones as" + text.partition("\nwith zones as")[2]
    with psycopg.connect(database.superuser_dsn) as connection:
        for table in ("dirty_hours", "dirty_excluded_hours", "dirty_metric_days"):
            connection.execute(f"delete from internal.{table}")
        for slug, zone in (("havana", "America/Havana"), ("berlin", "Europe/Berlin")):
            tenant = connection.execute(
                "insert into tenants (name, slug) values (%s, %s) returning id", [slug, slug]
            ).fetchone()
            assert tenant
            connection.execute(
                "insert into tenant_settings (tenant_id, settings)"
                " values (%s, jsonb_build_object('time_zone', %s::text))",
                [*tenant, zone],
            )
        connection.execute(step)
        days = connection.execute(
            "select d.slug, q.metric_date from internal.dirty_metric_days q"
            " join internal.tenant_directory d on d.tenant_id = q.tenant_id where d.slug in ('havana', 'berlin')"
            " order by q.metric_date"
        ).fetchall()
        hours = connection.execute(
            "select q.source, min(q.hour), max(q.hour), count(*) from internal.dirty_hours q"
            " join internal.tenant_directory d on d.tenant_id = q.tenant_id where d.slug = 'havana'"
            " and q.hour >= %s - interval '3 days' group by q.source order by q.source",
            [days[-1][1]],
        ).fetchall()
        connection.rollback()
    # Whom campaigns reached is kept for longer than the two years of raw events.
    assert len(days) == 2 * len({day.year for _, day in days}) > 20
    assert {slug for slug, _ in days} == {"havana"}
    before, day = (day for _, day in days[-2:])
    zone = ZoneInfo("America/Havana")
    assert (day_start(day + timedelta(days=1), zone) - day_start(day, zone), day - before) == (
        timedelta(hours=25),
        timedelta(days=1),
    )
    # 24 hours of the day before, 25 of the day, and the one that follows.
    spans = (day_start(before, zone), day_start(day + timedelta(days=1), zone), 50)
    assert hours == [("attribution", *spans), ("listener", *spans)]


def test_nobody_takes_the_second_midnight_of_a_zone() -> None:
    """Statements and functions ask day_start() for a tenant's midnight; that of UTC comes once."""
    midnight = re.compile(r"(?:::|\bas )timestamp\)? at time zone (?!'UTC')")
    texts = {str(path): path.read_text() for path in (FOLDER.parent / "queries" / "sql").rglob("*.sql")}
    structure = (FOLDER / "structure.sql").read_text()
    own = re.search(r"CREATE FUNCTION public\.day_start\(.*?\$\$;", structure, re.DOTALL)
    assert own
    assert midnight.search(own[0])
    texts["structure.sql"] = structure.replace(own[0], "")
    assert [name for name, text in texts.items() if midnight.search(text)] == []
