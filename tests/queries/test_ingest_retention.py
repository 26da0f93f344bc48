"""Retention curves of platforms stand as they were told, once, and touch no event. As the runtime role."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from queries.ingest.imports import ImportRefused, ImportResult
from queries.ingest.retention import CurveDefaults, check_retention, import_retention
from queries.ingest.small_tables import Told
from queries.settings import Settings
from tests.conftest import Database
from tests.sponsorship import own_database
from tests.studio import Studio

DAY = date(2026, 11, 1)
AS_IT_IS = Told()
SPOTIFY = CurveDefaults("guid-1", "Spotify", DAY)


@pytest.fixture(scope="module")
def retention_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_retention") as made:
        yield made


def _parquet(columns: dict[str, Any]) -> bytes:
    made = io.BytesIO()
    pq.write_table(pa.table(columns), made)
    return made.getvalue()


class Platform(Studio):
    """A tenant that gets curves from platforms."""

    def take_curve(
        self,
        text: str | bytes,
        defaults: CurveDefaults = SPOTIFY,
        told: Told = AS_IT_IS,
        name: str = "curve.csv",
    ) -> ImportResult:
        data = text.encode() if isinstance(text, str) else text
        return import_retention(self.actor, io.BytesIO(data), name=name, defaults=defaults, told=told)

    def curves(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "select e.guid, c.platform, c.as_of, c.measure, c.position_unit, c.positions::float[], c.amounts::float[],"
            " i.source from retention_curves c join episodes e on e.id = c.episode_id"
            " join etl_imports i on i.id = c.import_id"
            " where c.tenant_id = %(tenant)s order by e.guid, c.platform, c.as_of, c.measure"
        )


@pytest.fixture
def alice(retention_database: Database) -> Platform:
    return Platform(retention_database)


def _counts(done: ImportResult) -> tuple[int, int, int]:
    return done.imported, done.duplicate, done.refused


def test_a_curve_of_a_platform_stands_with_where_it_is_from(alice: Platform) -> None:
    assert _counts(alice.take_curve("second,listeners\n0,13\n30,11\n15,15\n")) == (3, 0, 0)
    assert alice.curves() == [
        ("guid-1", "Spotify", DAY, "listeners", "second", [0.0, 15.0, 30.0], [13.0, 15.0, 11.0], "curve.csv")
    ]
    assert alice.ledger()[-1][:4] == ("retention_curves", "curve.csv", "completed", 3)
    # Nothing of it becomes an event of a listener.
    assert (alice.listener_events(), alice.attribution_events()) == ([], [])


def test_a_file_may_say_everything_itself_and_several_measures_at_once(alice: Platform) -> None:
    done = alice.take_curve(
        "Episode GUID;Platform;Date;Percent;Views;Audience retention\n"
        "guid-1;YouTube;2026-11-02;0 %;40;100 %\nguid-1;YouTube;2026-11-02;50 %;31;104.5 %\n"
        "guid-2;YouTube;2026-11-02;0;7;1\nguid-2;YouTube;2026-11-02;100;2;0.25\n",
        CurveDefaults(),
    )
    assert _counts(done) == (8, 0, 0)
    assert [(row[0], row[3], row[4], row[5], row[6]) for row in alice.curves()] == [
        ("guid-1", "plays", "percent", [0.0, 50.0], [40.0, 31.0]),
        ("guid-1", "share", "percent", [0.0, 50.0], [1.0, 1.045]),
        ("guid-2", "plays", "percent", [0.0, 100.0], [7.0, 2.0]),
        ("guid-2", "share", "percent", [0.0, 100.0], [1.0, 0.25]),
    ]


def test_the_same_again_adds_nothing_and_another_state_of_the_same_day_is_refused(alice: Platform) -> None:
    text = "second,plays\n0,19\n15,16\n"
    alice.take_curve(text)
    before = alice.curves()
    assert _counts(alice.take_curve(gzip.compress(text.encode()), name="again.csv.gz")) == (0, 2, 0)
    assert _counts(alice.take_curve(text.replace("16", "17"))) == (0, 0, 2)
    assert {row[1] for row in alice.refusals()} == {
        "Another curve of this day stands already, with other content: a file with all its points, unchanged, and more "
        "completes it."
    }
    assert alice.curves() == before
    # Another day, or another platform, is another curve.
    assert _counts(alice.take_curve(text, CurveDefaults("guid-1", "Spotify", date(2026, 11, 2)))) == (2, 0, 0)
    assert _counts(alice.take_curve(text, CurveDefaults("guid-1", "Apple Podcasts", DAY))) == (2, 0, 0)
    assert len(alice.curves()) == 3


def test_a_corrected_file_completes_a_curve_of_which_points_were_refused(
    alice: Platform, retention_database: Database
) -> None:
    other = Platform(retention_database)
    broken, whole = "second,plays\n0,19\n15,x\n30,11\n45,\n", "second,plays\n0,19\n15,16\n30,11\n45,9\n"
    for platform in (alice, other):
        assert _counts(platform.take_curve(broken, name="broken.csv")) == (2, 0, 2)
    # What contradicts it, and what lacks some of its points, leaves it as it is.
    for text in (whole.replace("30,11", "30,12"), whole.replace("0,19\n", "")):
        assert _counts(alice.take_curve(text)) == (0, 0, text.count("\n") - 1)
    assert alice.curves() == other.curves()
    dry = check_retention(alice.actor, io.BytesIO(whole.encode()), defaults=SPOTIFY, told=Told())
    note = "One curve that stood was completed, with 2 points more."
    assert (dry.good, dry.duplicate, dry.refused, dry.notes) == (4, 2, 0, (note,))
    assert alice.curves() == other.curves()
    done = alice.take_curve(whole, name="whole.csv")
    assert (_counts(done), done.notes) == ((2, 2, 0), (note,))
    (curve,) = alice.curves()
    assert curve[5:] == ([0.0, 15.0, 30.0, 45.0], [19.0, 16.0, 11.0, 9.0], "whole.csv")
    # Both files again add nothing: all points of the first stand, and the two that were wrong are wrong still. So does
    # a part of the curve; a part that tells one point otherwise is refused.
    assert _counts(alice.take_curve(whole)) == (0, 4, 0)
    assert _counts(alice.take_curve(broken)) == (0, 2, 2)
    assert _counts(alice.take_curve("second,plays\n15,16\n45,9\n")) == (0, 2, 0)
    assert _counts(alice.take_curve("second,plays\n15,16\n45,8\n")) == (0, 0, 2)
    assert alice.curves() == [curve]
    assert other.curves()[0][5:] == ([0.0, 30.0], [19.0, 11.0], "broken.csv")


def test_each_curve_of_a_file_is_judged_by_itself(alice: Platform) -> None:
    head = "episode,second,plays,listeners\n"
    alice.take_curve(head + "guid-1,0,9,8\nguid-1,9,7,6\nguid-2,0,5,5\nguid-2,9,4,4\n")
    before = alice.curves()
    # Plays of the first go on, its listeners are others; the second stands and has less here.
    text = head + "guid-1,0,9,7\nguid-1,9,7,6\nguid-1,12.5,3,2\nguid-2,0,5,5\nguid-2,9,4,4\nguid-2,11,,1\n"
    done = alice.take_curve(text)
    assert _counts(done) == (2, 6, 3)
    assert done.notes == ("2 curves that stood were completed, with 2 points more.",)
    after = alice.curves()
    assert [len(row[5]) for row in before] == [2] * 4
    assert {(row[0], row[3]): len(row[5]) for row in after} == {
        ("guid-1", "listeners"): 2, ("guid-1", "plays"): 3, ("guid-2", "listeners"): 3, ("guid-2", "plays"): 2,
    }  # fmt: skip


BAD = (
    ("-1,5", "A place is negative."),
    ("x,5", "This is not a number."),
    ("1,-5", "This is not a number of listeners"),
    ("1,", "A value is missing."),
    ("1,2,3", "another number of values"),
    (",5", "A line has one place"),
    ("0,7", "Another line has another value for this place."),
    ('"1,5', "The quotes in this line do not match."),
    ("nan,5", "This is not a number."),
    ("1,inf", "This is not a number."),
    ("9999999,1", "longer than 100 hours"),
)


def test_bad_points_are_refused_by_line_and_the_rest_stands(alice: Platform) -> None:
    text = "second,listeners\n0,13\n" + "\n".join(line for line, _ in BAD) + "\n30,11\n"
    document = text.encode() + b"caf\xe9,1\n"
    assert _counts(alice.take_curve(document)) == (2, 0, len(BAD) + 1)
    for (number, reason, _), (line, expected) in zip(alice.refusals(), BAD, strict=False):
        assert expected in reason, (number, line)
    assert [row[0] for row in alice.refusals()] == [*range(3, 3 + len(BAD)), 4 + len(BAD)]
    assert alice.refusals()[-1][1] == "The line is not valid UTF-8."


def test_a_line_break_inside_quotes_is_one_refusal(alice: Platform) -> None:
    assert _counts(alice.take_curve('second,plays\n0,5\n"1\n\n",4\n"2,4\n3,3\n"4\n5",2\n6,1\n')) == (3, 0, 3)
    assert [row[:2] for row in alice.refusals()] == [
        (3, "A line break inside quotes is not read: a row is one line."),
        (6, "The quotes in this line do not match."),
        (8, "A line break inside quotes is not read: a row is one line."),
    ]


def test_a_line_names_what_is_the_tenants_own_and_a_curve_has_two_points(
    alice: Platform, retention_database: Database
) -> None:
    other = Platform(retention_database)
    done = alice.take_curve(
        f"episode,second,plays\n{other.one},0,5\n{other.one},1,5\nnobody,0,5\nguid-2,0,5\n",
        CurveDefaults(platform="Spotify", as_of=DAY),
    )
    assert _counts(done) == (0, 0, 4)
    assert [row[:2] for row in alice.refusals()] == [
        (2, "The episode is not known."), (3, "The episode is not known."), (4, "The episode is not known."),
        (5, "A curve has two points at least."),
    ]  # fmt: skip
    assert (alice.curves(), other.curves()) == ([], [])
    assert _counts(alice.take_curve("second,plays\n0,1\n1,1\n", CurveDefaults("guid-1", "Spotify"))) == (
        0,
        0,
        2,
    )
    assert alice.refusals()[-1][1:] == ("A value is missing.", "as_of")


def test_a_dry_run_knows_the_curves_that_stand(alice: Platform) -> None:
    alice.take_curve("second,plays\n0,5\n1,4\n")
    ledger, curves = alice.ledger(), alice.curves()
    for text, expected in (("0,5\n1,4\n", (2, 2, 0)), ("0,5\n1,3\n", (0, 0, 2))):
        dry = check_retention(
            alice.actor, io.BytesIO(f"second,plays\n{text}".encode()), defaults=SPOTIFY, told=Told()
        )
        assert (dry.good, dry.duplicate, dry.refused) == expected
    assert (alice.ledger(), alice.curves()) == (ledger, curves)


def test_a_curve_is_of_no_day_that_has_begun_nowhere(alice: Platform) -> None:
    ahead = (datetime.now(UTC) + timedelta(hours=14)).date()
    text = "as_of,second,plays\n" + "".join(
        f"{day},{second},5\n" for day in (ahead, ahead + timedelta(days=1)) for second in (0, 1)
    )
    assert _counts(alice.take_curve(text, CurveDefaults("guid-1", "Spotify"))) == (2, 0, 2)
    assert [row[:2] for row in alice.refusals()] == [(n, "The day lies in the future.") for n in (4, 5)]
    dry = check_retention(
        alice.actor, io.BytesIO(b"second,plays\n0,5\n1,5\n"),
        defaults=CurveDefaults("guid-1", "Spotify", date(2126, 11, 1)), told=Told(),
    )  # fmt: skip
    assert (dry.good, dry.refused) == (0, 2)


def test_a_curve_is_of_no_day_before_its_episode_came_out(
    alice: Platform, retention_database: Database
) -> None:
    text = "second,plays\n0,19\n15,16\n"
    with psycopg.connect(retention_database.superuser_dsn) as owner:
        owner.execute("update episodes set published_at = '2026-10-02 23:30+00' where id = %s", [alice.one])
    for day, counts in (
        (date(2006, 11, 3), (0, 0, 2)),
        (date(2026, 9, 30), (0, 0, 2)),
        (date(2026, 10, 1), (2, 0, 0)),
    ):
        assert _counts(alice.take_curve(text, CurveDefaults("guid-1", "Spotify", day))) == counts
    assert ("The day lies before the episode came out.", "as_of: 2006-11-03") in {
        row[1:] for row in alice.refusals()
    }


def test_a_point_far_beyond_the_episodes_end_is_refused(
    alice: Platform, retention_database: Database
) -> None:
    text = "second,plays\n0,19\n600,16\n1200,9\n1201,3\n"
    with psycopg.connect(retention_database.superuser_dsn) as owner:
        owner.execute("update episodes set duration_seconds = 590 where id = %s", [alice.one])
    assert _counts(alice.take_curve(text)) == (2, 0, 2)
    assert alice.refusals() == [
        (line, "The position lies far beyond the end of the episode.", f"second: {second}, taken up to 1190")
        for line, second in ((4, 1200), (5, 1201))
    ]
    # A place in percent is none in seconds.
    assert _counts(alice.take_curve("percent,plays\n0,19\n100,16\n")) == (2, 0, 0)


def test_ndjson_and_parquet_say_the_same(alice: Platform) -> None:
    lines = (
        b'{"second": 0, "plays": 19}\n{"second": 15, "plays": 16, "colour": 1}\n7\n{half\n'
        b'{"second": 15, "plays": 16}\n'
    )
    assert _counts(alice.take_curve(lines)) == (2, 0, 3)
    table = pa.table({"second": [0, 15], "plays": [19, 16]})
    packed = io.BytesIO()
    pq.write_table(table, packed)
    assert _counts(alice.take_curve(packed.getvalue())) == (0, 2, 0)


def test_a_day_beyond_any_calendar_costs_its_row_alone(alice: Platform) -> None:
    day = (DAY - date(1970, 1, 1)).days
    table = pa.table({
        "second": [0, 15, 30], "plays": [19, 16, 12],
        "as_of": pa.array([day, 2**30, day], pa.int32()).cast(pa.date32()),
    })  # fmt: skip
    document = io.BytesIO()
    pq.write_table(table, document)
    tried = check_retention(alice.actor, io.BytesIO(document.getvalue()), defaults=SPOTIFY, told=AS_IT_IS)
    assert (tried.good, [one.line_number for one in tried.refusals]) == (2, [2])
    assert _counts(alice.take_curve(document.getvalue())) == (2, 0, 1)
    assert alice.refusals() == [
        (2, "A time or duration lies beyond any calendar.", f"as_of: {2**30} as date32[day]")
    ]


def test_what_a_name_means_is_told_once_and_remembered_for_the_source(alice: Platform) -> None:
    text = "t,zuhoerer,note\n0,9,x\n60,8,y\n"
    with pytest.raises(ImportRefused, match="'t' is not known"):
        alice.take_curve(text)
    columns = {"t": "second", "Zuhoerer": "listeners", "note": ""}
    assert _counts(alice.take_curve(text, told=Told(None, columns, "host"))) == (2, 0, 0)
    assert _counts(alice.take_curve(text, told=Told(None, None, "host"))) == (0, 2, 0)


def test_a_dry_run_says_what_would_be_refused_and_stores_nothing(alice: Platform) -> None:
    text = b"second,plays\n0,19\n15,16\nx,1\n"
    found = check_retention(
        alice.actor, io.BytesIO(text), defaults=SPOTIFY, told=Told(None, {"a": "plays"}, "host")
    )
    assert (found.good, found.refused, found.first_refusals[0].line_number) == (2, 1, 4)
    assert (alice.curves(), alice.ledger()) == ([], [])
    assert alice.rows("select * from import_columns where tenant_id = %(tenant)s") == []


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b" \n", "The file is empty."), (b"second,second\n0,1\n", "two columns mean second"),
        (b"PAR1 and no more", "The Parquet file is broken"), (b"\xe9,a\n", "not valid UTF-8"),
        (b'[\n{"second": 0, "plays": 1}\n]', "The file is one JSON array; NDJSON is wanted"),
        (b"x" * (65 * 1024 * 1024), "larger than 64 MiB"),
        (_parquet({"second": [0], "plays": [1], "note": ["y" * 1_000_000]}), "'note' is not known"),
        (_parquet({"second": ["0" * 40_000_000], "plays": [1]}), "The column second .* has cells of more than 64 KiB"),
        (_parquet({"second": [[0]], "plays": [1]}), "The column second .* holds lists or objects"),
        (_parquet({"second": pa.nulls(1_000_001, pa.int8()), "plays": pa.nulls(1_000_001, pa.int8())}),
         "The file has more than 1,000,000 rows."),
    ],
    ids=["empty", "twice", "parquet", "latin", "array", "large", "unknown", "cell", "lists", "rows"],
)  # fmt: skip
def test_a_file_that_cannot_be_understood_leaves_nothing_but_its_record(
    alice: Platform, document: bytes, message: str
) -> None:
    with pytest.raises(ImportRefused, match=message):
        alice.take_curve(document)
    assert alice.curves() == []
    assert alice.ledger()[-1][2] == "failed"


@pytest.mark.skipif(
    "PODBOARD_TEST_DATA" not in os.environ, reason="PODBOARD_TEST_DATA names no folder of real curves"
)
@pytest.mark.parametrize(("name", "points"), [("anchor_per_second.csv", 2539), ("apple_15s.csv", 192)])
def test_real_curves_are_taken_whole(alice: Platform, name: str, points: int) -> None:
    document = (Path(os.environ["PODBOARD_TEST_DATA"]) / "retention" / name).read_bytes()
    assert _counts(alice.take_curve(document)) == (points, 0, 0)
    (curve,) = alice.curves()
    assert len(curve[5]) == points
