"""Ten thousand lines of a real server, counted by podboard and, by another path, with pandas."""

from __future__ import annotations

import gzip
import os
from collections import Counter as Tally
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest

from queries.ingest.agents.classify import classify_agent
from queries.ingest.counting.requests import EpisodeFile
from queries.ingest.counting.rules import Rules
from queries.ingest.logs.classify import Refused, classify_log
from queries.ingest.logs.faults import LineFault
from queries.ingest.logs.reader import LogReader
from queries.ingest.packing import unpacked
from tests.unit.counting_samples import SECRET

NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def real_log() -> Path:
    folder = os.environ.get("PODBOARD_TEST_DATA")
    if not folder:
        pytest.skip(
            "PODBOARD_TEST_DATA does not name the folder of real logs; made-up ones are tested elsewhere"
        )
    return Path(folder) / "access-log" / "apache_combined_10000.log.gz"


def _table(path: Path) -> pd.DataFrame:
    """The requests of the log, cut at its quotes alone."""
    rows = []
    with gzip.open(path, "rt", encoding="utf-8") as handle:
        for number, line in enumerate(handle, 1):
            parts = line.rstrip("\n").split('"')
            if len(parts) != 7:
                continue
            head, (method, target, _), (status, sent) = parts[0].split(), parts[1].split(), parts[2].split()
            path_ = unquote(target.split("?")[0].split("#")[0])
            rows.append((number, head[0], head[3][1:12], method, path_, int(status), sent, parts[5]))
    names = ["number", "ip", "day", "method", "path", "status", "sent", "agent"]
    return pd.DataFrame(rows, columns=names).assign(
        sent=lambda found: found["sent"].replace("-", "0").astype(int)
    )


def test_a_real_log_is_counted_as_another_path_counts_it(real_log: Path) -> None:
    table = _table(real_log)
    whole = table[(table["method"] == "GET") & (table["status"] == 200)].groupby("path")["sent"].max()
    sizes = {str(path): int(size) for path, size in whole.items() if size}
    listed: list[Refused] = []
    with open(real_log, "rb") as handle, unpacked(handle) as plain:
        reader = LogReader(plain, now=NOW, shift_to=date(2026, 11, 1))
        rules = Rules(
            SECRET, lambda path: EpisodeFile(path, size_bytes=sizes[path]) if path in sizes else None
        )
        summary = classify_log(reader, rules, listed=listed.append)
    assert (reader.format, reader.lines, summary.requests) == ("combined", 10_000, 9_999)
    # The one line whose user agent lacks its closing quote.
    assert summary.malformed == {LineFault.FORMAT: 1}
    assert [entry.number for entry in listed if isinstance(entry.why, LineFault)] == [8_899]
    assert (summary.first_at, summary.last_at) == (
        datetime(2026, 11, 1, 10, 5, 0, tzinfo=UTC),
        datetime(2026, 11, 4, 21, 5, 59, tzinfo=UTC),
    )

    left = table
    expected: Tally[str] = Tally()
    for reason, mask in {
        "no_episode": lambda found: ~found["path"].isin(list(sizes)),
        "head": lambda found: found["method"] == "HEAD",
        "method": lambda found: found["method"] != "GET",
        "not_modified": lambda found: found["status"] == 304,
        "failed_status": lambda found: ~found["status"].isin([200, 206]),
        "range_probe": lambda found: (found["status"] == 206) & (found["sent"] <= 2),
        "empty_agent": lambda found: found["agent"].isin(["-", ""]),
        "bot": lambda found: found["agent"].map(lambda agent: classify_agent(agent).is_bot),
    }.items():
        refused = mask(left)
        expected[reason] = int(refused.sum())
        left = left[~refused]
    # No size but the whole file counts here, and answers all begin at the file's first byte or nobody-knows-where.
    groups = left.groupby(["ip", "agent", "path", "day"]).agg(most=("sent", "max"), requests=("sent", "size"))
    complete = groups["most"] >= groups.index.get_level_values("path").map(sizes)
    found = {reason.value: count for reason, count in summary.refused.items()}
    joined = found.pop("repeat") + found.pop("piece")
    assert summary.downloads == int(complete.sum()) > 6_000
    assert joined == int((groups["requests"][complete] - 1).sum())
    assert found.pop("too_short") == int(groups["requests"][~complete].sum())
    assert found == {reason: count for reason, count in expected.items() if count}
    assert len(listed) == summary.refused.total() + 1
    assert summary.downloads + summary.refused.total() == summary.requests
