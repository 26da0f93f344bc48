"""On a terminal an import draws how far it is, how fast and how long still, and then says what became of the file."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.commands import import_
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
