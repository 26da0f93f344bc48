"""`podboard import`: what a person sees of it, on the real database."""

from __future__ import annotations

import csv
import errno
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import click
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from dashboard.cli import podboard
from dashboard.commands import _files
from queries.errors import PodboardError
from queries.ingest import feed as feed_module
from queries.ingest.columns import COLUMNS, KINDS, UNKNOWN_TYPE, kind_of, names_of
from queries.ingest.counting.rules import Rules
from queries.ingest.imports import ImportRefused
from queries.ingest.logs import tenant as tenant_module
from queries.ingest.rows import AHEAD_LINES
from queries.settings import Settings, current_settings, use_settings
from tests.conftest import Database
from tests.sponsorship import Tenant, own_database

FEED = Path(__file__).parent.parent / "data" / "feeds" / "tidewater_tales.xml"


@pytest.fixture(scope="module")
def command_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_commands") as made:
        yield made


@pytest.fixture
def alice(command_database: Database) -> Tenant:
    return Tenant(command_database)


@pytest.fixture
def run(
    command_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Result]]:
    """Runs `podboard import` with the environment of a server of one's own."""
    before = current_settings()
    monkeypatch.setenv("DATABASE_URL", command_database.web_dsn)
    monkeypatch.setenv("DATABASE_WORKER_URL", command_database.worker_dsn)
    monkeypatch.setenv("DATABASE_OWNER_URL", command_database.owner_dsn)
    monkeypatch.setenv("PODBOARD_HOME", str(tmp_path / "home"))
    yield lambda *arguments: CliRunner().invoke(podboard, ["import", *map(str, arguments)])
    use_settings(before)


def _slug(tenant: Tenant) -> str:
    return f"t{tenant.tenant_id.hex[:12]}"


def test_a_feed_is_imported_and_said_in_numbers(
    alice: Tenant, run: Callable[..., Result], tmp_path: Path
) -> None:
    first = run("feed", FEED, "--tenant", _slug(alice))
    assert first.exit_code == 0, first.output
    said = first.output.splitlines()
    assert said[:3] == [
        "Episodes: 3 new, 0 updated, 0 unchanged, 2 refused.",
        "  line 54: The item has no audio.",
        "  line 58: Another item of this feed has the same guid. (first on line 20)",
    ]
    [listed] = (tmp_path / "home" / "imports").iterdir()
    assert said[3:] == [f"All are listed in {listed}"]
    again = run("feed", FEED, "--tenant", _slug(alice))
    assert again.output.splitlines()[0] == "Episodes: 0 new, 0 updated, 3 unchanged, 2 refused."


def test_events_are_imported_and_said_in_numbers(
    alice: Tenant, run: Callable[..., Result], tmp_path: Path
) -> None:
    episode = alice.episode(alice.podcast("Show"), "One")
    today = datetime.now(UTC)
    campaign = alice.campaign(
        alice.sponsor("S"), today.date() - timedelta(days=3), today.date() + timedelta(days=3)
    )
    alice.ad_unit(campaign, episode)
    path = tmp_path / "events.csv"
    rows = [
        f"{episode},l{n},{kind},{today.isoformat()}" for n, kind in enumerate(["download", "play", "listen"])
    ]
    path.write_text("\n".join(["episode_id,listener_id,event_type,occurred_at", *rows, rows[0]]))
    refused = tmp_path / "refused.csv"
    done = run("events", path, "--tenant", _slug(alice), "--refusals", refused)
    assert (done.exit_code, done.output.splitlines()) == (0, [
        "Events: 2 imported (and 1 impressions of ads in them), 1 there already, 1 refused.",
        f"  line 4: {UNKNOWN_TYPE['listener']} (event_type: listen)",
        f"All are listed in {refused}",
    ])  # fmt: skip
    with refused.open(newline="") as handle:
        assert list(csv.reader(handle)) == [
            ["line", "reason", "detail"], ["4", UNKNOWN_TYPE["listener"], "event_type: listen"],
        ]  # fmt: skip


def test_the_refused_rows_of_an_import_are_there_later_for_its_tenant(
    alice: Tenant, command_database: Database, run: Callable[..., Result], tmp_path: Path
) -> None:
    run("feed", FEED, "--tenant", _slug(alice))
    [listed] = (tmp_path / "home" / "imports").iterdir()
    import_id = listed.name.removesuffix("-refused.csv")
    shown = run("refusals", import_id, "--tenant", _slug(alice))
    assert (shown.exit_code, shown.output.splitlines()) == (0, listed.read_text().splitlines())
    assert shown.output.splitlines()[1].startswith("54,The item has no audio.")
    path = tmp_path / "later.csv"
    assert run("refusals", import_id, "--tenant", _slug(alice), "-o", path).output == (
        f"2 rows are listed in {path}\n"
    )
    assert path.read_bytes() == listed.read_bytes()
    foreign = run("refusals", import_id, "--tenant", _slug(Tenant(command_database)))
    assert isinstance(foreign.exception, PodboardError)
    assert str(foreign.exception) == "There is no such import."
    assert "54" not in foreign.output


def test_a_column_is_told_by_any_of_its_names(
    alice: Tenant, run: Callable[..., Result], tmp_path: Path
) -> None:
    episode = alice.episode(alice.podcast("Show"), "One")
    events = tmp_path / "events.csv"
    events.write_text(f"folge,hash,was,wann\n{episode},l1,play,{datetime.now(UTC).isoformat()}\n")
    told = ("folge=episode", "hash=listener", "was=event_type", "wann=time")
    done = run("events", events, "--tenant", _slug(alice), *(part for one in told for part in ("--map", one)))
    assert done.output == "Events: 1 imported, 0 there already, 0 refused.\n"
    today = datetime.now(UTC).date()
    campaign = alice.campaign(alice.sponsor("S"), today, today)
    units = tmp_path / "units.csv"
    units.write_text(f"kampagne,folge,type,sekunde,length\n{campaign},{episode},pre_roll,0,30\n")
    told = ("kampagne=campaign_id", "folge=guid", "sekunde=start")
    done = run(
        "ad-units", units, "--tenant", _slug(alice), *(part for one in told for part in ("--map", one))
    )
    assert done.output == "Ad units: 1 imported, 0 there already, 0 refused.\n"
    done = run("events", events, "--tenant", _slug(alice), "--map", "folge=nothing")
    assert (done.exit_code, "--map folge=nothing" in done.output) == (2, True)


def test_what_columns_of_bookings_mean_is_remembered_for_their_source(
    alice: Tenant, run: Callable[..., Result], tmp_path: Path
) -> None:
    """It was told anew for each file, though the help of the others said that this is not needed."""
    campaign = alice.campaign(alice.sponsor("S"), date(2026, 10, 1), date(2026, 12, 31), currency="EUR")
    told = ("kampagne=campaign", "von=starts_on", "bis=ends_on", "art=pricing_model", "preis=rate", "notiz=")
    paths = [tmp_path / name for name in ("orders-2026-10.csv", "orders-2026-11.csv", "elsewhere.csv")]
    for number, path in enumerate(paths):
        path.write_text(
            f"kampagne,von,bis,art,preis,currency,notiz\n{campaign},2026-1{number}-01,2026-1{number}-20,flat,9,EUR,x\n"
        )
    mapped = [part for one in told for part in ("--map", one)]
    slug = ("--tenant", _slug(alice))
    assert run("bookings", paths[0], *slug, *mapped, "--dry-run").output.startswith(
        "Rows: 1 good, 0 would be"
    )
    # Nothing is remembered of what was only tried.
    assert isinstance(run("bookings", paths[0], *slug).exception, PodboardError)
    taken = "Bookings: 1 imported, 0 there already, 0 refused.\n"
    assert run("bookings", paths[0], *slug, *mapped).output == taken
    assert run("bookings", paths[1], *slug, "--dry-run").output.startswith("Rows: 1 good, 0 would be")
    assert run("bookings", paths[1], *slug).output == taken
    assert isinstance(run("bookings", paths[2], *slug).exception, PodboardError)
    assert run("bookings", paths[2], *slug, "--source", "orders").output == taken


@pytest.mark.parametrize("command", ["events", "bookings"])
def test_what_is_told_of_a_name_leaves_what_was_told_of_others_until_all_is_forgotten(
    alice: Tenant, command_database: Database, run: Callable[..., Result], tmp_path: Path, command: str
) -> None:
    episode = alice.episode(alice.podcast("Show"), "One")
    campaign = alice.campaign(alice.sponsor("S"), date(2026, 10, 1), date(2026, 12, 31), currency="EUR")
    header, row, told, plain = {
        "events": (
            "wann,Folge,hash,art", f"{datetime.now(UTC).isoformat()},{episode},h,play",
            {"wann": "time", "Folge": "episode", "hash": "listener", "art": "event_type"},
            "time,episode,listener,event_type",
        ),
        "bookings": (
            "Kampagne,starts_on,ends_on,art,preis,currency", f"{campaign},2026-10-01,2026-10-20,flat,9,EUR",
            {"Kampagne": "campaign", "art": "pricing_model", "preis": "rate"},
            "campaign,starts_on,ends_on,pricing_model,rate,currency",
        ),
    }[command]  # fmt: skip
    path = tmp_path / "rows.csv"

    def take(header: str, row: str, told: dict[str, str], *more: str) -> Result:
        path.write_text(f"{header}\n{row}\n")
        pairs = (part for name, key in told.items() for part in ("--map", f"{name}={key}"))
        return run(command, path, "--tenant", _slug(alice), *pairs, *more)

    def remembered() -> dict[str, str]:
        with psycopg.connect(command_database.superuser_dsn) as connection:
            columns: dict[str, str] = connection.execute(
                "select columns from import_columns where tenant_id = %s", [alice.tenant_id]
            ).fetchall()[0][0]
        return columns

    assert "1 imported" in take(header, row, told).output
    assert remembered() == told
    # One name more: the others are known still.
    assert "1 there already" in take(f"{header},neu", f"{row},x", {"neu": ""}).output
    assert remembered() == told | {"neu": ""}
    # A name that is told anew, in whatever capitals, means that alone.
    assert isinstance(take(header, row, {"ART": ""}).exception, PodboardError | SystemExit)
    del told["art"]
    key = "event_type" if command == "events" else "pricing_model"
    assert "1 there already" in take(header, row, {"Art": key}).output
    assert remembered() == told | {"neu": "", "Art": key}
    # What is only tried forgets nothing.
    assert isinstance(take(header, row, {}, "--map-none", "--dry-run").exception, PodboardError)
    assert remembered() == told | {"neu": "", "Art": key}
    told["art"] = key
    assert "1 there already" in take(header, row, told, "--map-none").output
    assert remembered() == told
    assert "1 there already" in take(plain, row, {}, "--map-none").output
    assert remembered() == {}


@pytest.mark.parametrize("command", ["events", "bookings", "ad-units", "retention"])
def test_a_dry_run_lists_what_the_import_would_refuse(
    alice: Tenant, run: Callable[..., Result], tmp_path: Path, command: str
) -> None:
    """All of it, in the same file as the import, whose list it is compared with."""
    alice.episode(alice.podcast("Show"), "One")
    header, bad, told = {
        "events": ("episode,listener_id,event_type,occurred_at", "nobody,=1+1,play,yesterday", ()),
        "bookings": ("campaign,starts_on,ends_on,pricing_model,rate,currency", "=1+1,2026,2026,flat,1,EUR", ()),
        "ad-units": ("campaign_id,guid,type,start,length", "=1+1,nobody,pre_roll,0,30", ()),
        "retention": ("second,plays", "=1+1,7", ("--episode", "nobody", "--platform", "P", "--as-of", "2026-10-01")),
    }[command]  # fmt: skip
    file = tmp_path / "rows.csv"
    file.write_text(header + "\n" + f"{bad}\n" * 25)
    dry, real = tmp_path / "dry.csv", tmp_path / "real.csv"
    slug = ("--tenant", _slug(alice))
    shown = run(command, file, *slug, *told, "--dry-run").output
    assert "  and 5 more; --refusals FILE lists them" in shown
    listed = run(command, file, *slug, *told, "--dry-run", "--refusals", dry)
    assert (listed.exit_code, f"All are listed in {dry}" in listed.output) == (1, True)
    assert dry.stat().st_mode & 0o077 == 0
    run(command, file, *slug, *told, "--refusals", real)
    assert dry.read_text() == real.read_text()
    assert len(dry.read_text().splitlines()) == 26


def test_a_dry_run_counts_the_values_left_out_past_the_list_too(
    alice: Tenant, run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_bytes(FEED.read_bytes().replace(b">1385<", b">-1385<"))
    monkeypatch.setattr(feed_module, "LISTED_REFUSALS", 0)
    said = run("feed", feed, "--tenant", _slug(alice), "--dry-run").output.splitlines()[0]
    left = "1 values left out, which are listed as refused"
    assert said == f"Episodes: 3 good, 2 would be refused; {left}. Nothing was stored."


def test_a_dry_run_of_a_feed_or_transcript_says_and_lists_what_the_import_would(
    alice: Tenant, command_database: Database, run: Callable[..., Result], tmp_path: Path
) -> None:
    slug = ("--tenant", _slug(alice))
    feed, vtt = tmp_path / "feed.xml", tmp_path / "lamp.vtt"
    feed.write_bytes(FEED.read_bytes().replace(b">1385<", b">-1385<"))
    vtt.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nWho?\n\nlost\n\n00:03.000 --> 00:04.000\nI.\n")
    left = "1 values left out, which are listed as refused"

    def counts() -> list[tuple[int, ...]]:
        with psycopg.connect(command_database.superuser_dsn) as connection:
            return connection.execute(
                "select count(*), (select count(*) from etl_imports where tenant_id = %(tenant)s),"
                " (select count(*) from transcripts where tenant_id = %(tenant)s)"
                " from episodes where tenant_id = %(tenant)s",
                {"tenant": alice.tenant_id},
            ).fetchall()

    def lists(*told: object) -> tuple[str, str, str]:
        """First line of the dry run, that of the import, and the list, of which both must write the same."""
        before = counts()
        dry = run(*told, *slug, "--dry-run", "--refusals", tmp_path / "dry.csv")
        assert (dry.exit_code, counts()) == (0, before), dry
        done = run(*told, *slug, "--refusals", tmp_path / "real.csv")
        listed = (tmp_path / "dry.csv").read_text()
        assert listed == (tmp_path / "real.csv").read_text()
        return dry.output.splitlines()[0], done.output.splitlines()[0], listed

    would, did, listed = lists("feed", feed)
    assert would == f"Episodes: 3 good, 2 would be refused; {left}. Nothing was stored."
    assert did == f"Episodes: 3 new, 0 updated, 0 unchanged, 2 refused; {left}."
    assert [line.partition(",")[0] for line in listed.splitlines()] == ["line", "33", "54", "58"]
    # What stands already is said, of what would be updated too.
    feed.write_bytes(feed.read_bytes().replace(b"<title>Trailer</title>", b"<title>Teaser</title>"))
    would, did, _ = lists("feed", feed)
    assert would == (
        f"Episodes: 3 good (2 of them there already), 2 would be refused; {left}. Nothing was stored."
    )
    assert did == f"Episodes: 0 new, 1 updated, 2 unchanged, 2 refused; {left}."
    told = ("transcript", vtt, "--episode", "gid://tidewater/2")
    would, _, listed = lists(*told)
    assert would == "Cues: 2 good, 1 would be refused. Nothing was stored."
    assert listed.splitlines()[1].startswith("6,")
    assert lists(*told)[0] == (
        "Cues: 2 good (2 of them there already), 1 would be refused. Nothing was stored."
    )
    # A segment is called one, and one of which the end is cut stands.
    segments = [{"startTime": -1, "body": "x"}, {"startTime": 1, "body": "w" * 20_001}]
    spoken = tmp_path / "lamp.json"
    spoken.write_text(json.dumps({"segments": segments}))
    would, did, listed = lists("transcript", spoken, "--episode", "gid://tidewater/bonus")
    assert would == f"Cues: 1 good, 1 would be refused; {left}. Nothing was stored."
    assert did == f"Cues: 1 imported, 0 in place of others, 0 there already, 1 refused; {left}."
    details = [row[2] for row in csv.reader(listed.splitlines()[1:])]
    assert [detail[:12] for detail in details] == ["segment 1: -", "segment 2: b"]
    shown = run("transcript", spoken, "--episode", "gid://tidewater/bonus", *slug, "--dry-run").output
    assert [line[:13] for line in shown.splitlines()[1:]] == ["  segment 1: ", "  segment 2: "]
    # What is refused as a whole is so in a dry run, which leaves no record of it.
    before = counts()
    feed.write_text("<html>")
    for wrong in (
        ("feed", feed),
        ("feed", "http://feeds.example/"),
        (*told[:-1], "nobody"),
        (*told, "--language", "!"),
    ):
        refused = run(*wrong, *slug, "--dry-run")
        assert (isinstance(refused.exception, ImportRefused), counts()) == (True, before), refused
    assert isinstance(run("feed", feed, *slug).exception, ImportRefused)
    assert counts() != before


def test_a_log_is_its_sources(
    alice: Tenant, command_database: Database, run: Callable[..., Result], tmp_path: Path
) -> None:
    run("feed", FEED, "--tenant", _slug(alice))
    log = tmp_path / "access.log"
    moment = datetime.now(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    log.write_text(f'192.0.2.1 - - [{moment}] "GET /one.mp3 HTTP/1.1" 200 90000000 "-" "Overcast/1.0"\n')
    for told in ([], ["--source", "North CDN"]):
        done = run("log", log, "--tenant", _slug(alice), *told)
        assert done.output.startswith("Downloads: 0 counted"), done
    with psycopg.connect(command_database.superuser_dsn) as connection:
        found = connection.execute(
            "select source_name from etl_imports where tenant_id = %s and import_type = 'access_log'"
            " order by started_at",
            [alice.tenant_id],
        ).fetchall()
    assert found == [("access",), ("North CDN",)]


def test_a_dry_run_of_a_log_goes_by_what_its_tenant_has(
    alice: Tenant, command_database: Database, run: Callable[..., Result], tmp_path: Path
) -> None:
    """It ignored the tenant: no download where the import took two, by the addresses in the feed."""
    slug = ("--tenant", _slug(alice))
    run("feed", FEED, *slug)
    with alice.owner() as owner:
        path, episode = owner.execute(
            "update episodes set audio_bytes = 50000000"
            " where guid = (select min(guid) from episodes where tenant_id = %s) and tenant_id = %s"
            " returning regexp_replace(audio_url, '^https?://[^/]+', ''), id",
            [alice.tenant_id] * 2,
        ).fetchone()
        owner.execute(
            'update tenant_settings set settings = settings || \'{"download_window": "rolling_first_touch"}\''
        )
    log = tmp_path / "access.log"
    moment = (datetime.now(UTC) - timedelta(hours=3)).strftime("%d/%b/%Y:%H:%M:%S +0000")
    log.write_text("".join(
        f'192.0.2.{n} - - [{moment}] "GET {path} HTTP/1.1" 200 50000000 "-" "Overcast/1.0"\n' for n in (1, 2, 2)
    ))  # fmt: skip
    dry = run("log", log, *slug, "--dry-run", "--source", "North CDN")
    assert dry.exit_code == 0, dry.output
    assert "2  downloads, once per 24 hours" in dry.output
    assert f"Episodes: {episode} 2" in dry.output
    assert dry.output.splitlines()[-2:] == [
        "An import would be noted under the source North CDN.",
        "Requests and downloads that stand already were not looked for: the import finds them.",
    ]
    with psycopg.connect(command_database.superuser_dsn) as connection:
        for table in ("listener_keys", "listener_events", "excluded_requests"):
            assert connection.execute(
                f"select count(*) from {table} where tenant_id = %s", [alice.tenant_id]
            ).fetchone() == (0,)
    assert run("log", log, *slug).output.startswith("Downloads: 2 counted")
    moved = (log, *slug, "--shift-to", (datetime.now(UTC) - timedelta(days=9)).date())
    assert "An import needs --again for it." in run("log", *moved, "--dry-run").output
    assert "An import needs --again" not in run("log", *moved, "--dry-run", "--again").output
    assert "--again" in str(run("log", *moved).exception)
    assert run("log", *moved, "--again").output.startswith("Downloads: 2 counted")
    alone = run("log", log, "--dry-run").output
    assert "Sizes of files are missing: --map names them" in alone
    assert (
        "An import goes by the episodes, the window and the days of its tenant: --tenant names it." in alone
    )
    pages = tmp_path / "pages.log"
    pages.write_text(log.read_text().replace(path, "/a.html"))
    assert (
        "No path is an episode's: --map names a mapping of paths."
        in run("log", pages, *slug, "--dry-run").output
    )


def test_what_a_dry_run_of_a_log_cannot_count_as_it_lies_too_far_back_the_import_counts(
    alice: Tenant, run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logs of two servers behind each other, with hardly a memory."""
    monkeypatch.setattr(tenant_module, "Rules", partial(Rules, reorder=1))
    slug = ("--tenant", _slug(alice))
    run("feed", FEED, *slug)
    with alice.owner() as owner:
        (path,) = owner.execute(
            "update episodes set audio_bytes = 50000000"
            " where guid = (select min(guid) from episodes where tenant_id = %s) and tenant_id = %s"
            " returning regexp_replace(audio_url, '^https?://[^/]+', '')",
            [alice.tenant_id] * 2,
        ).fetchone()
    log = tmp_path / "both.log"
    moments = [datetime.now(UTC) - timedelta(hours=hours) for hours in (3, 2, 1, 4)]
    log.write_text("".join(
        f'192.0.2.{n} - - [{at:%d/%b/%Y:%H:%M:%S +0000}] "GET {path} HTTP/1.1" 200 50000000 "-" "Overcast/1.0"\n'
        for n, at in enumerate(moments)
    ))  # fmt: skip
    dry = run("log", log, *slug, "--dry-run").output
    assert "3  downloads" in dry
    assert "1 request lies too far behind those before to be counted here" in dry
    assert run("log", log, *slug).output.startswith("Downloads: 4 counted")


def test_a_file_of_bad_rows_alone_ends_with_1(
    alice: Tenant, run: Callable[..., Result], tmp_path: Path
) -> None:
    path = tmp_path / "events.csv"
    path.write_text("episode_id,listener_id,event_type,occurred_at\nx,l,play,now\n")
    done = run("events", path, "--tenant", _slug(alice))
    assert done.exit_code == 1
    assert done.output.startswith("Events: 0 imported, 0 there already, 1 refused.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["feed", "{feed}", "--tenant", "nobody"], "There is no tenant 'nobody'; there is "),
        (
            ["feed", "/no/such/file.xml", "--tenant", "{slug}"],
            "/no/such/file.xml cannot be read: No such file or directory.",
        ),
        (["events", "/", "--tenant", "{slug}"], "/ cannot be read: Is a directory."),
        (["events", "{feed}", "--tenant", "{slug}"], "do not tell listener from attribution events"),
        (["feed", "http://feeds.example/x", "--tenant", "{slug}"], "The address must begin with https://."),
        (
            ["feed", "https://127.0.0.1/x", "--tenant", "{slug}"],
            "The address does not lie in the public internet.",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    alice: Tenant, run: Callable[..., Result], arguments: list[str], message: str
) -> None:
    done = run(*(argument.format(feed=FEED, slug=_slug(alice)) for argument in arguments))
    # The command line prints such an error after "podboard: " and ends with 1.
    assert isinstance(done.exception, PodboardError), done.exception
    assert message in str(done.exception)
    assert "\n" not in str(done.exception)


def test_who_names_no_tenant_is_told_the_slugs_there_are(
    alice: Tenant, command_database: Database, run: Callable[..., Result]
) -> None:
    for _ in range(11):
        Tenant(command_database)
    with psycopg.connect(command_database.owner_dsn) as connection:
        slugs = [
            str(slug)
            for (slug,) in connection.execute("select slug from internal.tenant_directory order by slug")
        ]
    told = str(run("events", FEED, "--tenant", "nobody").exception)
    assert told == f"There is no tenant 'nobody'; there is {', '.join(slugs[:10])} and more."


def test_a_database_that_is_not_there_is_said(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = "postgresql://podboard_web@127.0.0.1:9/podboard"
    for name in ("DATABASE_URL", "DATABASE_WORKER_URL", "DATABASE_OWNER_URL"):
        monkeypatch.setenv(name, nowhere)
    done = run("feed", FEED, "--tenant", "any")
    assert str(done.exception) == "The database cannot be reached."


def test_every_column_is_listed_with_its_other_names(run: Callable[..., Result]) -> None:
    listed = run("columns").output
    for kind in KINDS:
        assert f"{kind.capitalize()} events" in listed
        for column in COLUMNS[kind]:
            assert f"  {column.key} " in listed
            assert all(alias in listed for alias in column.aliases)
    assert "campaign_id" not in run("columns", "--kind", "listener").output


def test_a_name_means_one_column_of_a_kind_and_the_columns_tell_the_kind() -> None:
    for kind in KINDS:
        names = [name for column in COLUMNS[kind] for name in (column.key, *column.aliases)]
        assert len(names) == len(set(names))
        assert len(names_of(kind)) == len(names) + 1
        assert kind_of([column.key for column in COLUMNS[kind]]) == kind


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
@pytest.mark.parametrize("command", ["events", "bookings", "ad-units", "retention"])
def test_what_is_told_of_a_name_that_is_not_there_is_said_and_not_remembered(
    alice: Tenant,
    command_database: Database,
    run: Callable[..., Result],
    tmp_path: Path,
    command: str,
    form: str,
) -> None:
    episode = str(alice.episode(alice.podcast("Show"), "One"))
    campaign = str(alice.campaign(alice.sponsor("S"), date(2026, 10, 1), date(2026, 12, 31), currency="EUR"))
    flight = {"starts_on": "2026-10-01", "ends_on": "2026-10-20", "currency": "EUR"}
    place = {"episode": episode, "platform": "P", "as_of": date.today().isoformat()}  # noqa: DTZ011
    rows: list[dict[str, object]] = {
        "events": [{"episode": episode, "listener": "h", "wort": "play", "time": datetime.now(UTC).isoformat()}],
        "bookings": [{"campaign": campaign, "wort": "flat", "rate": 9, **flight}],
        "ad-units": [{
            "campaign": campaign, "episode": episode, "wort": "pre_roll", "position_seconds": 0,
            "duration_seconds": 15,
        }],
        "retention": [{**place, "wort": 0, "plays": 9}, {**place, "wort": 9, "plays": 7}],
    }[command]  # fmt: skip
    key, other = {
        "events": ("event_type", "app"), "bookings": ("pricing_model", "promo_code"),
        "ad-units": ("unit_type", "id"), "retention": ("second", "listeners"),
    }[command]  # fmt: skip
    path = tmp_path / f"rows.{form}"
    if form == "csv":
        path.write_text("\n".join([",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]))
    elif form == "ndjson":
        path.write_text("\n".join(map(json.dumps, rows)))
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    told = ("--tenant", _slug(alice), "--map", f"Wort={key}", "--map", f"nosuch={other}")
    note = f"--map nosuch={other}: the file has no column or field of this name, and it is not remembered."
    tried = run(command, path, *told, "--dry-run")
    assert tried.output.splitlines()[1:] == [note]
    done = run(command, path, *told)
    assert (done.exit_code, done.output.splitlines()[1:]) == (0, [note])
    with psycopg.connect(command_database.superuser_dsn) as connection:
        assert connection.execute(
            "select columns from import_columns where tenant_id = %s", [alice.tenant_id]
        ).fetchall() == [({"Wort": key},)]
    # Nor is there anything to say of what was told of the source's other files.
    path.write_bytes(
        path.read_bytes().replace(b"wort", key.encode()) if form != "parquet" else path.read_bytes()
    )
    assert len(run(command, path, "--tenant", _slug(alice)).output.splitlines()) == 1


def test_a_field_may_come_further_down_than_is_looked_at(
    alice: Tenant, command_database: Database, run: Callable[..., Result], tmp_path: Path
) -> None:
    event = {
        "episode_id": str(alice.episode(alice.podcast("Show"), "One")), "event_type": "play",
        "occurred_at": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    path = tmp_path / "rows.ndjson"
    lines = [json.dumps({**event, "listener_id": f"l{number}"}) for number in range(AHEAD_LINES + 2)]
    lines[-1] = lines[-1][:-1] + ', "spieler": "Overcast"}'
    path.write_text("\n".join(lines))
    done = run("events", path, "--tenant", _slug(alice), "--map", "spieler=app")
    assert done.output.splitlines() == [
        f"Events: {len(lines):,} imported, 0 there already, 0 refused.",
        f"--map spieler=app: none of the first {AHEAD_LINES + 1:,} lines has this name.",
    ]
    with psycopg.connect(command_database.superuser_dsn) as connection:
        assert connection.execute(
            "select columns from import_columns where tenant_id = %s", [alice.tenant_id]
        ).fetchall() == [({"spieler": "app"},)]


COMMANDS = {
    "feed": [], "events": [], "bookings": [], "ad-units": [], "retention": [], "log": [],
    "transcript": ["--episode", "one"],
}  # fmt: skip


@pytest.mark.parametrize("dry", [[], ["--dry-run"]], ids=["import", "dry run"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_list_of_refusals_takes_the_place_of_no_file_that_is_read(
    run: Callable[..., Result], tmp_path: Path, command: str, dry: list[str]
) -> None:
    """By whatever name: its own, or that of a link of either kind."""
    file, soft, hard = tmp_path / "in.csv", tmp_path / "soft.csv", tmp_path / "hard.csv"
    file.write_text("x" * 9)
    soft.symlink_to(file)
    hard.hardlink_to(file)
    told = ["--tenant", "nobody", *COMMANDS[command], *dry]
    for path in (file, soft, hard):
        done = run(command, file, *told, "--refusals", path)
        assert isinstance(done.exception, ImportRefused)
        assert str(done.exception) == (
            f"--refusals {path} is the file that is read: the list would take its place. Nothing was done."
        )
    assert file.read_text() == "x" * 9


def test_nor_of_a_mapping(run: Callable[..., Result], tmp_path: Path) -> None:
    file, mapping = tmp_path / "in.log", tmp_path / "mapping.csv"
    file.write_text("x")
    mapping.write_text("path,episode\n")
    done = run("log", file, "--map", mapping, "--dry-run", "--refusals", mapping)
    assert "is the file that is read" in str(done.exception)
    assert mapping.read_text() == "path,episode\n"


@pytest.mark.parametrize("dry", [[], ["--dry-run"]], ids=["import", "dry run"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_list_that_cannot_be_written_is_told_before_the_work(
    run: Callable[..., Result], tmp_path: Path, command: str, dry: list[str]
) -> None:
    """The tenant is not there: whoever looks for it first did something first."""
    file = tmp_path / "in.csv"
    file.write_text("x")
    told = ["--tenant", "nobody", *COMMANDS[command], *dry]
    for path, why in (
        (tmp_path / "no" / "a.csv", "No such file or directory"),
        (file / "a.csv", "Not a directory"),
    ):
        done = run(command, file, *told, "--refusals", path)
        assert isinstance(done.exception, ImportRefused)
        assert str(done.exception) == f"{path} cannot be written: {why}. Nothing was done."


def test_a_file_that_the_shell_opened_is_one_that_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "in.csv"
    file.write_text("listener_id,event_type,occurred_at,episode_id\n")
    context = click.Context(click.Command("x", params=[click.Argument(["file"])]))
    context.params = {"file": "-"}
    with file.open() as handle:
        monkeypatch.setattr(sys, "stdin", handle)
        with pytest.raises(ImportRefused, match="is the file that is read"):
            _files.check_list(file, context)
        _files.check_list(tmp_path / "other.csv", context)


def test_a_list_that_breaks_off_leaves_the_import_and_says_so(
    alice: Tenant, run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(_files, "write_refusals", full)
    file, listed = tmp_path / "in.csv", tmp_path / "listed.csv"
    file.write_text("listener_id,event_type,occurred_at,episode_id\nl,play,now,x\n")
    done = run("events", file, "--tenant", _slug(alice), "--refusals", listed)
    assert str(done.exception).startswith(
        f"{listed} cannot be written: No space left on device. The import stands; `podboard import refusals "
    )


def test_imports_are_listed_with_their_ids_and_what_became_of_their_rows(
    alice: Tenant, run: Callable[..., Result], tmp_path: Path
) -> None:
    other, slug = Tenant(alice.database), _slug(alice)
    assert run("list", "--tenant", slug).output == "There is no import.\n"
    when = datetime.now(UTC) - timedelta(hours=2)
    alice.insert("episodes", podcast_id=alice.podcast("Show"), title="One", guid="guid-1")
    rows = (
        f"listener_id,event_type,episode,occurred_at\nl1,download,guid-1,{when}\nl2,download,nobody,{when}\n"
    )
    for name in ("first.csv", "second.csv"):
        file = tmp_path / name
        file.write_text(rows)
        run("events", file, "--tenant", slug)
    done = run("list", "--tenant", slug)
    second, first = done.output.splitlines()
    told = r"[0-9a-f-]{36}  \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00  "
    words = "Downloads and plays, done,"
    assert re.fullmatch(f"{told}first.csv: {words} 1 taken, 0 known already, 1 refused", first)
    assert re.fullmatch(f"{told}second.csv: {words} 0 taken, 1 known already, 1 refused", second)
    assert "guid-1" not in done.output
    # What is listed leads to the rows that it refused.
    assert "nobody" in run("refusals", first.split()[0], "--tenant", slug).output
    newest = run("list", "--tenant", slug, "--limit", "1")
    assert (newest.stdout, newest.stderr) == (
        f"{second}\n", "There are older ones: --limit shows more than 1.\n",
    )  # fmt: skip
    assert run("list", "--tenant", slug, "--source", "first").output == f"{first}\n"
    assert run("list", "--tenant", _slug(other)).output == "There is no import.\n"
    assert (
        run("list", "--tenant", _slug(other), "--source", "first").output == "There is no import of first.\n"
    )
