"""What podboard needs from the operating system beside Python: libraries for PDFs, fonts, programs for the tests."""

from __future__ import annotations

import ctypes
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from schema.binaries import OLDEST_MAJOR

Purpose = Literal["run", "test"]

_FONT_DIRECTORIES = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "/System/Library/Fonts")
_SYSTEM_POSTGRESQL = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing the system has to have: Debian's package for it, what it is for, and whether it is there."""

    package: str
    needed_for: str
    purpose: Purpose
    is_present: bool


def requirements() -> list[Requirement]:
    """Everything podboard looks for, present or not."""
    return [
        Requirement("libpango-1.0-0", "PDF reports", "run", _loads("pango-1.0.so.0", "pango-1.0.0.dylib")),
        Requirement(
            "libpangoft2-1.0-0", "PDF reports", "run", _loads("pangoft2-1.0.so.0", "pangoft2-1.0.0.dylib")
        ),
        Requirement(
            "libharfbuzz-subset0",
            "small PDF files",
            "run",
            _loads("harfbuzz-subset.so.0", "harfbuzz-subset.0.dylib"),
        ),
        Requirement("fonts-dejavu-core", "letters that the bundled font lacks", "run", _has_fonts()),
        Requirement(
            "poppler-utils", "looking into PDFs in tests", "test", _has("pdftotext") and _has("pdftoppm")
        ),
        Requirement("chromium-headless-shell", "browser tests", "test", chromium() is not None),
        Requirement(
            "libatomic1", "browser tests", "test", sys.platform == "darwin" or _loads("atomic.so.1", "")
        ),
        Requirement("nodejs", "the TimescaleDB test", "test", _has("node")),
        Requirement("npm", "the TimescaleDB test", "test", _has("npm")),
        Requirement(
            _postgresql(),
            "tests on the system's PostgreSQL",
            "test",
            sys.platform == "darwin" or _has_postgresql(),
        ),
    ]


def _postgresql() -> str:
    """The package of the system's own PostgreSQL: the oldest podboard knows on Debian 12, elsewhere what there is."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    return f"postgresql-{OLDEST_MAJOR}" if release.get("VERSION_CODENAME") == "bookworm" else "postgresql"


def _has_postgresql() -> bool:
    return _has("initdb") or any(
        int(directory.parent.name) >= OLDEST_MAJOR and (directory / "initdb").exists()
        for directory in _SYSTEM_POSTGRESQL.glob("[0-9]*/bin")
        if directory.parent.name.isdecimal()
    )


def missing(purpose: Purpose) -> list[Requirement]:
    """What is absent of the things needed to run, or to run and test."""
    return [
        requirement
        for requirement in requirements()
        if not requirement.is_present and (purpose == "test" or requirement.purpose == "run")
    ]


def chromium() -> str | None:
    """The path of a Chromium or Chrome on this machine, first of all one without windows: its pages cost half."""
    for name in (
        "chromium-headless-shell",
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ):
        found = shutil.which(name)
        if found:
            return found
    return None


def _loads(linux: str, macos: str) -> bool:
    name = f"lib{macos if sys.platform == 'darwin' else linux}"
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _has(program: str) -> bool:
    return shutil.which(program) is not None


def _has_fonts() -> bool:
    return any(
        path.suffix.lower() in (".ttf", ".otf", ".ttc", ".pfb")
        for directory in _FONT_DIRECTORIES
        for path in Path(directory).rglob("*")
    )
