"""On a terminal an import draws how far it is, how fast and how long still, and then says what became of the file."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from dashboard.commands import _files, import_
from queries.settings import Settings, current_settings
from tests.conftest import Database
from tests.sponsorship import own_database
from tests.studio import NOW, Studio

_YESTERDAY = (NOW - timedelta(days=1)).isoformat()
FILES = {
    "events": f"episode_guid,listener_id,event_type,occurred_at\nguid-1,l1,play,{_YESTERDAY}\n",
    "bookings": "campaign,starts_on,ends_on,pricing_model,rate,currency\nCAMPAIGN,DAY,DAY,flat,9,USD\n",
    "ad-units": "campaign,episode,unit_type,position_seconds,duration_seconds\nCAMPAIGN,guid-1,pre_roll,0,15\n",
    "retention": "episode,platform,as_of,second,plays\nguid-1,Spotify,2026-11-01,0,9\nguid-1,Spotify,2026-11-01,60,7\n",
}


class Terminal(io.StringIO):
    """A screen."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def imports_database(settings: Settings, make_database: Callable[[str], Database]) -> Iterator[Database]:
    with own_database(settings, make_database, "podboard_import_bar") as made:
        yield made


@pytest.fixture
def take(
    imports_database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[str, io.StringIO, bool], str]:
    """All that a command says of its file, on one screen, but for what moves the cursor."""
    studio = Studio(imports_database)
    slug = studio.rows("select slug from tenants where id = %(tenant)s")[0][0]

    @contextmanager
    def here(_: Settings) -> Iterator[Settings]:
        yield current_settings()

    def run(command: str, screen: io.StringIO, is_dry: bool) -> str:
        file = tmp_path / f"{command}.csv"
        file.write_text(
            FILES[command].replace("CAMPAIGN", str(studio.campaign)).replace("DAY", str(NOW.date()))
        )
        arguments = [command, str(file), "--tenant", slug, *(["--dry-run"] if is_dry else [])]
        with monkeypatch.context() as patched:
            patched.setattr(import_, "databases", here)
            patched.setattr(sys, "stdout", screen)
            patched.setattr(sys, "stderr", screen)
            import_.command.main(arguments, standalone_mode=False)
        return re.sub(r"\x1b\[[?\d;]*[a-zA-Z]", "", screen.getvalue())

    return run


@pytest.mark.parametrize("is_dry", [False, True], ids=["import", "dry run"])
@pytest.mark.parametrize("command", FILES)
def test_a_terminal_sees_the_bar_and_then_what_became_of_the_file(
    take: Callable[[str, io.StringIO, bool], str], command: str, is_dry: bool
) -> None:
    *_, bar, said, end = take(command, Terminal(), is_dry).split("\n")
    assert re.search(r"Reading, [\d,]+ rows/s  \[#+\]  100%$", bar), bar
    assert re.match(r"[A-Z][a-z ]+: [12] (imported|good)", said), said
    assert end == ""


@pytest.mark.parametrize("command", FILES)
def test_a_file_that_takes_the_words_gets_no_bar(
    take: Callable[[str, io.StringIO, bool], str], command: str
) -> None:
    assert take(command, io.StringIO(), True).startswith("Rows: ")


def test_rate_and_time_left_are_of_what_this_run_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """80 of 100 bytes were done by a run before: the rest at ten bytes and one line a second takes two seconds."""
    clock = iter((0.0, 100.0, 101.0, 102.0))
    monkeypatch.setattr(_files, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    file = tmp_path / "file.csv"
    file.write_bytes(b"x" * 100)
    with _files.progress(str(file), "rows") as tell:
        tell.goes_on(1_000_000, 80)
        tell(1_000_001, 90)
        tell(1_000_002, 100)
    drawn = [
        one.strip() for one in re.split(r"[\r\n]|\x1b\[[?\d;]*[a-zA-Z]", screen.getvalue()) if one.strip()
    ]
    assert [re.sub(r"(?:\s|\[[#-]+\])+", " ", one) for one in drawn] == [
        "Reading 0%", "Reading 80%", "Reading, 1 rows/s 90% 0:00:01", "Reading, 1 rows/s 100%",
    ]  # fmt: skip


def test_without_a_terminal_nothing_is_drawn_of_a_run_that_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    with _files.progress(str(tmp_path / "nowhere.csv")) as tell:
        tell.goes_on(5, 80)
        tell(6, 90)
    assert screen.getvalue() == ""
