"""`podboard log classify` and `podboard agents classify`, as somebody types them."""

from __future__ import annotations

import csv
import json
import os
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from backports import zstd
from click.testing import CliRunner, Result

from dashboard import cli
from dashboard.commands import _import_log, log
from queries.errors import InvalidRequest
from queries.ingest.counting.rules import Rules
from tests.unit.mmdb_sample import mmdb

AGENT = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"


def podboard(*arguments: str, given: bytes = b"", **environment: str) -> Result:
    """The command in this process: starting one costs more than what is tested here."""
    return CliRunner().invoke(cli.podboard, arguments, input=given, env=environment)


def line(
    address: str = "192.0.2.1", path: str = "/one.mp3", status: int = 200, sent: int = 6_500, agent: str = AGENT,
    clock: str = "10:05:03",
) -> str:  # fmt: skip
    return f'{address} - - [17/May/2015:{clock} +0000] "GET {path} HTTP/1.1" {status} {sent} "-" "{agent}"\n'


LOG = "".join([
    line(), line(clock="10:06:00"), line("192.0.2.2", sent=6_499), line("192.0.2.3", agent="curl/8"),
    line("198.51.100.9"), line("192.0.2.4", status=304), line(path="/logo.png"), "=cmd|broken\n",
])  # fmt: skip


@pytest.fixture
def mapping(tmp_path: Path) -> str:
    path = tmp_path / "episodes.csv"
    path.write_text("path,episode,size_bytes,duration,header_bytes\n/one.mp3,=one,60500,600,500\n")
    return str(path)


def test_a_log_is_counted_and_every_refusal_listed(tmp_path: Path, mapping: str) -> None:
    log, listed = tmp_path / "access.log.zst", tmp_path / "refused.csv"
    log.write_bytes(zstd.compress(LOG.encode()))
    clouds, places = tmp_path / "clouds.txt", tmp_path / "places.mmdb"
    clouds.write_text("198.51.100.0/24 # cloud\n")
    places.write_bytes(mmdb({"192.0.2.0/24": {"country": {"iso_code": "DE"}}}))
    shown = podboard(
        "log", "classify", str(log), "--shift-to", "2026-11-01", "--episodes", mapping,
        "--refusals", str(listed), "--json",
        PODBOARD_DATA_CENTRES=str(clouds), PODBOARD_COUNTRIES=str(places),
    )  # fmt: skip
    assert shown.exit_code == 0, shown.stderr
    figures = json.loads(shown.stdout)
    version, seconds = figures.pop("rules"), figures.pop("seconds")
    assert figures == {
        "format": "combined", "lines": 8, "requests": 7, "downloads": 1, "unmeasured": 0,
        "refused": {
            "repeat": 1, "too_short": 1, "bot": 1, "data_centre": 1, "not_modified": 1, "no_episode": 1,
        },
        "malformed": {"format": 1},
        "first_at": "2026-11-01T10:05:03+00:00", "last_at": "2026-11-01T10:06:00+00:00",
        "by_episode": {"=one": 1}, "by_app": {"Overcast": 1}, "by_country": {"DE": 1}, "notes": [],
    }  # fmt: skip
    assert "calendar day (UTC); with a list of data centres" in version
    assert seconds >= 0
    with open(listed, encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle))
    assert rows[0] == ["line", "reason", "meaning", "detail"]
    # In the order of the lines, although windows close after what follows.
    assert [(row[0], row[1], row[3]) for row in rows[1:]] == [
        ("2", "repeat", "'=one"), ("3", "too_short", "'=one"), ("4", "bot", "'=one"),
        ("5", "data_centre", "'=one"), ("6", "not_modified", "'=one"), ("7", "no_episode", "/logo.png"),
        ("8", "format", ""),
    ]  # fmt: skip
    assert stat.S_IMODE(listed.stat().st_mode) == 0o600
    written = listed.read_text() + shown.stdout + shown.stderr
    assert "192.0.2" not in written
    assert "198.51.100" not in written


@pytest.mark.parametrize(
    "command", [("log", "classify", "-", "--episodes"), ("import", "log", "-", "--dry-run", "--map")]
)
def test_a_list_of_as_numbers_filters_data_centres(
    tmp_path: Path, mapping: str, command: tuple[str, ...]
) -> None:
    clouds, numbers = tmp_path / "clouds.txt", tmp_path / "as.mmdb"
    clouds.write_text("as64496 # a cloud\n")
    numbers.write_bytes(
        mmdb({
            "198.51.100.0/24": {"autonomous_system_number": 64496}, "192.0.2.0/24": {"autonomous_system_number": 64497},
        })
    )  # fmt: skip
    told = (*command, mapping, "--shift-to", "2026-11-01")
    shown = podboard(
        *told, given=LOG.encode(), PODBOARD_DATA_CENTRES=str(clouds), PODBOARD_AS_NUMBERS=str(numbers)
    )
    assert shown.exit_code == 0, shown.output
    for part in (
        "1  downloads, once per",
        "1  The address belongs to a data centre or a VPN.\n",
        "; with a list of data centres;",
    ):
        assert part in shown.stdout
    assert "not filtered out" not in shown.stdout
    assert "198.51.100" not in shown.output
    wrong = podboard(*told, given=LOG.encode(), PODBOARD_DATA_CENTRES=str(clouds))
    assert str(wrong.exception) == (
        f"The list of data centres {clouds} cannot be used: line 1: as64496 is an AS number, and PODBOARD_AS_NUMBERS "
        "names no database of them."
    )


def test_what_is_told_is_for_people(mapping: str) -> None:
    shown = podboard(
        "log", "classify", "-", "--shift-to", "2026-11-01", "--episodes", mapping, given=LOG.encode()
    )
    assert shown.exit_code == 0, shown.stderr
    told = shown.stdout
    assert told.startswith("-: combined, 8 lines in ")
    for part in (
        "From 2026-11-01 10:05 to 2026-11-01 10:06 UTC\n",
        "7  requests\n2  downloads, once per calendar day (UTC) and episode\n5  refused:\n",
        "  1  A bot: it is on the list of known ones or says so itself.\n",
        "1  refused as lines, before they were requests:\n  1  The line is not written in the format of this log.\n",
        "    line 8: The line is not written in the format of this log.\n",
        "Episodes: =one 2\nApps: Overcast 2\nData centres and VPNs are not filtered out:",
        "Countries are unknown: PODBOARD_COUNTRIES names no database.\nCounted by IAB 2.3, rules 4; once per",
    ):
        assert part in told
    assert "192.0.2" not in told


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "1  downloads, once per calendar day (UTC)"),
        (("--time-zone", "Europe/Berlin"), "2  downloads, once per calendar day (Europe/Berlin)"),
        (("--time-zone", "Europe/Berlin", "--window", "first-touch"), "1  downloads, once per 24 hours"),
    ],
)
def test_a_dry_run_of_an_import_goes_by_the_zone_and_window_that_are_told(
    mapping: str, options: tuple[str, ...], words: str
) -> None:
    given = "".join(line(clock=clock) for clock in ("22:30:00", "23:30:00")).encode()
    told = ("import", "log", "-", "--shift-to", "2026-11-01", "--map", mapping)
    shown = podboard(*told, "--dry-run", *options, given=given)
    assert words in shown.stdout, shown.output
    if options:
        stored = podboard(*told, "--tenant", "any", *options, given=given)
        assert stored.exit_code == 2
        assert "--window and --time-zone are for --dry-run" in stored.stderr


@pytest.mark.parametrize(("late", "begins"), [(1, "1 request lies too far"), (2, "2 requests lie too far")])
def test_what_lies_too_far_back_to_be_counted_is_said(
    mapping: str, monkeypatch: pytest.MonkeyPatch, late: int, begins: str
) -> None:
    """The log of a second server behind that of the first, with hardly a memory."""
    for module in (log, _import_log):
        monkeypatch.setattr(module, "Rules", partial(Rules, reorder=1))
    first = [line(f"192.0.2.{n}", clock=f"10:0{n}:00") for n in (1, 2, 3)]
    second = [line(f"192.0.2.{10 + n}", clock=f"08:0{n}:00") for n in range(late)]
    ordered, behind = ["".join(lines).encode() for lines in (second + first, first + second)]
    classify = ("log", "classify", "-", "--shift-to", "2026-11-01", "--episodes", mapping)
    dry_run = ("import", "log", "-", "--shift-to", "2026-11-01", "--map", mapping, "--dry-run")
    said = f"{begins} behind those before to be counted here; an import into a tenant counts such too"
    for command in (classify, dry_run):
        assert said in podboard(*command, given=behind).stdout
        assert "too far behind" not in podboard(*command, given=ordered).stdout
    figures = json.loads(podboard(*classify, "--json", given=behind).stdout)
    assert (figures["downloads"], figures["refused"]) == (3, {"out_of_order": late})
    [note] = figures["notes"]
    assert note.startswith(said)


def test_what_is_missing_is_said() -> None:
    unsized = podboard("log", "classify", "-", "--shift-to", "2026-11-01", given=line().encode())
    assert "Sizes of files are missing: --episodes names them" in unsized.stdout
    pages = podboard("log", "classify", "-", "--shift-to", "2026-11-01", given=line(path="/a.html").encode())
    assert "No path is an episode's: --episodes names a mapping" in pages.stdout
    old = podboard("log", "classify", "-", given=line().encode())
    assert old.exit_code == 1
    assert "This is an old log: --shift-to moves it to another day." in old.stdout


def test_the_log_of_a_prefix_counts_without_bytes(mapping: str) -> None:
    redirected = line(status=302, sent=0)
    arguments = ["log", "classify", "-", "--shift-to", "2026-11-01", "--episodes", mapping]
    shown = podboard(*arguments, "--redirects", given=redirected.encode())
    assert "1  of them without knowing how much was delivered\n" in shown.stdout
    assert "0  downloads" in podboard(*arguments, given=redirected.encode()).stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        (["absent.log"], {}, "absent.log cannot be read: No such file or directory."),
        (["-", "--time-zone", "Mars/Base"], {}, "There is no time zone 'Mars/Base': write it like Europe/Berlin."),
        (["-", "--time-zone", "../etc"], {}, "There is no time zone '../etc'"),
        (["-", "--episodes", "absent.csv"], {}, "absent.csv cannot be read: No such file or directory."),
        (["-", "--refusals", "/absent/file.csv"], {}, "/absent/file.csv cannot be written: No such file"),
        (["-"], {"PODBOARD_DATA_CENTRES": "absent.txt"}, "The list of data centres absent.txt cannot be used: No such"),
        (["-"], {"PODBOARD_COUNTRIES": "absent.mmdb"}, "The database of countries absent.mmdb cannot be read: No such"),
        (["-"], {"PODBOARD_AS_NUMBERS": "absent.mmdb"}, "The database of AS numbers absent.mmdb cannot be read: No"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named(
    arguments: list[str], environment: dict[str, str], message: str
) -> None:
    shown = podboard("log", "classify", *arguments, given=LOG.encode(), **environment)
    assert isinstance(shown.exception, InvalidRequest)
    assert str(shown.exception).startswith(message)


def test_a_process_ends_with_one_line_where_it_cannot_go_on() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "dashboard.cli", "log", "classify", "absent.log"],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (shown.returncode, shown.stdout) == (1, "")
    assert shown.stderr == "podboard: absent.log cannot be read: No such file or directory.\n"


def test_agents_are_classified_line_by_line() -> None:
    # A byte order mark belongs to no agent, and of a line that is too long nothing is told as one.
    given = b"\xef\xbb\xbfiTMS\n" + AGENT.encode() + b"\r\n\n\xff\n" + b"x" * 70_000 + b"\ncurl/8"
    shown = podboard("agents", "classify", given=given)
    assert shown.exit_code == 0, shown.stderr
    found = [json.loads(row) for row in shown.stdout.splitlines()]
    assert found[1] == {
        "agent": AGENT, "app": "Overcast", "device": "phone", "os": "iOS", "is_bot": False, "refused": None,
    }  # fmt: skip
    assert [row["refused"] for row in found] == [
        "bot",
        None,
        "empty_agent",
        "malformed_agent",
        "malformed_agent",
        "bot",
    ]
    assert [row["agent"] for row in found] == ["iTMS", AGENT, "", "\ufffd", None, "curl/8"]
    assert found[4] == {
        "agent": None, "app": "unknown", "device": "unknown", "os": "unknown", "is_bot": False,
        "refused": "malformed_agent",
    }  # fmt: skip
    assert shown.stderr.startswith("6 agents in ")


def _classify_agents(shell: str) -> tuple[int, str, str]:
    """Exit code and what was written by the command as a shell begins it; buffered, as outside of tests."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    told = subprocess.run(
        ["/bin/sh", "-c", f"'{sys.executable}' -m dashboard.cli agents classify {shell}"],
        env=environment, input=f"{AGENT}\n" * 3_000, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return told.returncode, told.stdout, told.stderr


@pytest.mark.parametrize(
    ("shell", "message"),
    [
        ("> /dev/full", "Standard output cannot be written: No space left on device."),
        (">&-", "Standard output cannot be written: it is closed."),
        ("<&-", "Standard input cannot be read: it is closed."),
    ],
)
def test_an_output_that_cannot_be_written_is_said_in_one_line(shell: str, message: str) -> None:
    assert _classify_agents(shell) == (1, "", f"podboard: {message}\n")


def test_who_reads_no_further_is_told_nothing() -> None:
    code, _, told = _classify_agents("| head -n 1 > /dev/null")
    assert (code, told) == (0, "")
