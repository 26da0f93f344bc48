"""What killed test runs leave on the disk goes with the next run; what lives stays."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import homes
from tests.children import child
from tests.homes import new_home, remove_abandoned

_RUN = "from tests.homes import new_home; print(new_home(), flush=True); input()"


@pytest.fixture(autouse=True)
def _within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_only_the_home_of_a_run_that_was_killed_is_removed(tmp_path: Path) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with child([sys.executable, "-c", _RUN], env=environment, text=True, **pipes) as process:
        assert process.stdout is not None
        home = Path(process.stdout.readline().strip())
        (home / "postgres" / "data").mkdir(parents=True)
        assert remove_abandoned(tmp_path) == []
        process.kill()
        process.wait()
        pid = home / "postgres" / "data" / "postmaster.pid"
        pid.write_text(f"{os.getpid()}\n/somewhere\n")
        assert remove_abandoned(tmp_path) == [], "its server runs on"
        pid.write_text(f"{process.pid}\n/somewhere\n")
        others = tmp_path / "podboard-test-before-there-were-locks"
        others.mkdir()
        mine = new_home()
    assert not home.exists()
    assert others.exists()
    assert remove_abandoned(tmp_path) == []
    assert mine.exists()


def test_a_run_without_room_does_not_begin(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"need 1000000000 GB of disk below .*, and [0-9.]+ GB are free\. Make"):
        new_home(10**18)
    assert list(tmp_path.iterdir()) == []


def _removed(home: Path) -> None:
    assert remove_abandoned(home.parent) == [home]


def _replaced(home: Path) -> None:
    shutil.rmtree(home)
    home.mkdir()
    (home / "held.lock").touch()


def _about_to_be_removed(home: Path) -> None:
    # Held as by remove_abandoned(), for as long as this process lasts.
    homes._holding.append(homes._lock(home, os.O_RDWR))


@pytest.mark.parametrize("meanwhile", [_removed, _replaced, _about_to_be_removed])
def test_a_home_that_another_run_takes_before_it_is_held_is_given_up_for_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Path], None]
) -> None:
    lost: list[Path] = []

    def flock(lock: int, how: int) -> None:
        if not lost:
            lost.extend(tmp_path.iterdir())
            meanwhile(lost[0])
        held(lock, how)

    held = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", flock)
    home = new_home()
    assert [home] != lost
    remove_abandoned(tmp_path)
    assert (home / "held.lock").exists(), "nobody else can hold it"


def test_a_disk_on_which_no_home_lasts_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda _lock, _how: shutil.rmtree(*tmp_path.iterdir()))
    with pytest.raises(OSError, match="Each home that was made below"):
        new_home()
