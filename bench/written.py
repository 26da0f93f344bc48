"""Writes what was measured: results.json, plans.md, and the tables between the marks of README.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.plans import LARGE_ROWS

_FOLDER = Path(__file__).parent
_BEGIN, _END = "<!-- figures: written by python -m bench -->", "<!-- end of figures -->"
PAGE_MS = {"30 days": 1000, "2 years": 1500}
WIRE_BYTES, WIRE_REQUESTS, DATA_REQUESTS = 1_400_000, 30, 8
HISTORY_RATIO = 1.5
IMPORT_RATIO, COLLECTOR_EVENTS_S, REQUEST_MS = 0.5, 2_000, 10
MONTH_OF_LISTENERS_MS, YEARS_OF_LISTENERS_MS = 150, 1_000


def write(results: dict[str, Any], say: Callable[[str], None]) -> None:
    """Keeps what this run did not measure from the run before."""
    path = _FOLDER / "results.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    plans = results.pop("plans", None)
    whole = kept | results
    path.write_text(json.dumps(whole, indent=1, sort_keys=True) + "\n")
    if plans is not None:
        (_FOLDER / "plans.md").write_text(_plans(plans, whole))
    figures = _figures(whole)
    readme = _FOLDER / "README.md"
    before, _, rest = readme.read_text().partition(_BEGIN)
    after = rest.partition(_END)[2]
    readme.write_text(f"{before}{_BEGIN}\n{figures}{_END}{after}")
    say(f"Written to {_FOLDER}\n")
    print(figures)


def _figures(results: dict[str, Any]) -> str:
    machine, data = results["machine"], results["data"]
    parts = [
        f"Measured on {machine['day']}: {machine['cores']} cores, Python {machine['python']}, "
        f"PostgreSQL {machine['postgresql']}; {data['tenants']} tenants, {data['listener_events']:,} listener events, "
        f"{data['attribution_events']:,} attribution events. Load average at the start and at the end: "
        f"{results['load_average'][0]} and {results['load_average'][1]}.\n"
    ]
    if "panels" in results:
        parts.append(_panels(results["panels"]))
    if "pages" in results:
        parts.append("### A page's data, from gunicorn (2 processes, 8 threads)\n")
        parts.append(
            _table(
                ("page", "period", "requests", "data complete", "slowest", "of its target", "web CPU", ""),
                (
                    (
                        one["page"], one["period"], one["requests"], f"{one['data_ms']:.0f} ms", f"{one['slowest_ms']:.0f} ms",
                        f"{one['data_ms'] / PAGE_MS[one['period']]:.2f}", f"{one['web_cpu_ms']:.0f} ms",
                        _ok(one["data_ms"] <= PAGE_MS[one["period"]] and one["requests"] <= DATA_REQUESTS),
                    )
                    for one in sorted(results["pages"], key=lambda one: -one["data_ms"] / PAGE_MS[one["period"]])
                ),
            )
        )  # fmt: skip
    if "browser" in results:
        parts.append("### First load in headless Chromium\n")
        parts.append(
            _table(
                ("page", "bytes", "requests", "of them data", "time to data", "again", "other period", "foreign", ""),
                (
                    (
                        one["page"], f"{one['bytes'] / 1e6:.2f} MB", one["requests"], one["data_requests"],
                        f"{one['first_ms']} ms", f"{one['again_ms']} ms, {one['again_bytes'] / 1000:.0f} kB",
                        f"{one['change_ms']} ms" if one["change_ms"] else "–", len(one["foreign"]),
                        _ok(
                            one["bytes"] <= WIRE_BYTES and one["requests"] <= WIRE_REQUESTS and not one["foreign"]
                            and one["data_requests"] <= DATA_REQUESTS
                        ),
                    )
                    for one in results["browser"]
                ),
            )
        )  # fmt: skip
    if "refreshes" in results:
        parts.append(_refreshes(results["refreshes"]))
    if "imports" in results:
        parts.append(_imports(results["imports"]))
    if "collector" in results:
        parts.append(_collector(results["collector"]))
    if "questions" in results:
        parts.append(_questions(results["questions"]))
    if "listeners" in results:
        parts.append(_listeners(results["listeners"]))
    if "web_memory_mb" in results:
        parts.append(
            f"Memory of the web (master and two workers, shared pages counted once): {results['web_memory_mb']:.0f} MB "
            "after all of the above.\n"
        )
    return "\n".join(parts)


def _panels(panels: list[dict[str, Any]]) -> str:
    ranked = sorted(panels, key=lambda one: -one["of_allowed"])
    missed = sum(not one["holds"] for one in ranked)
    cpu = sorted(one["python_cpu_ms"] for one in ranked if one["period"] == "30 days")
    return (
        "### Each panel, session and scope included, against its bare SQL\n\n"
        f"{len(ranked)} panels (box, person, period); {missed or 'none'} over the target, the larger of 3 x SQL and "
        f"SQL + 8 ms. Processor time of Python per panel over 30 days: median {cpu[len(cpu) // 2]:.1f} ms, "
        f"most {cpu[-1]:.1f} ms. Worst first.\n\n"
        + _table(
            ("box", "person", "period", "server", "bare SQL", "of its target", "Python CPU", "database CPU", ""),
            (
                (
                    one["box"], one["person"], one["period"], f"{one['server_ms']:.1f} ms", f"{one['sql_ms']:.1f} ms",
                    f"{one['of_allowed']:.2f}", f"{one['python_cpu_ms']:.1f} ms", f"{one['database_cpu_ms']:.1f} ms",
                    _ok(one["holds"]),
                )
                for one in ranked
            ),
        )
    )  # fmt: skip


def _refreshes(found: dict[str, Any]) -> str:
    return (
        "### One more day of events, after 60 and after 730 days of history\n\n"
        + _table(
            ("command", "60 days", "730 days", "ratio", "ratio of CPU", ""),
            (
                (
                    name, f"{one['days_60_ms']:.0f} ms", f"{one['days_730_ms']:.0f} ms", f"{one['ratio']:.2f}",
                    f"{one['cpu_ratio']:.2f}", _ok(one["ratio"] < HISTORY_RATIO),
                )
                for name, one in found["commands"].items()
            ),
        )
        + f"\nEvents in the day: {', '.join(f'{count:,}' for count in found['events_per_day'].values())}.\n"
    )  # fmt: skip


def _imports(found: dict[str, Any]) -> str:
    kinds = [name for name, one in found.items() if isinstance(one, dict)]
    return (
        "### A file of events imported, beside a bare `insert ... select` of the same rows, triggers on\n\n"
        + _table(
            ("file with", "bare insert", "with kept plans", "import", "ratio", "to kept plans", "CPU per row, bare",
             "with kept plans", "import", "of it Python", ""),
            (
                (
                    name, f"{found[name]['bare_rows_s']:,} rows/s", f"{found[name]['kept_rows_s']:,} rows/s",
                    f"{found[name]['import_rows_s']:,} rows/s", f"{found[name]['ratio']:.2f}",
                    f"{found[name]['ratio_kept']:.2f}", f"{found[name]['bare_cpu_us_row']} µs",
                    f"{found[name]['kept_cpu_us_row']} µs", f"{found[name]['import_cpu_us_row']} µs",
                    f"{found[name]['python_cpu_us_row']} µs",
                    _ok(found[name]["ratio_kept"] >= IMPORT_RATIO),
                )
                for name in kinds
            ),
        )
        + f"\nFiles of {found['rows']:,} events, into a table where {found['standing']:,} stand at first and those of every file since.\n"
    )  # fmt: skip


def _collector(found: dict[str, Any]) -> str:
    holds = found["events_s"] >= COLLECTOR_EVENTS_S and found["lost"] == 0
    rows = [
        ("events in batches", f"{found['events_s']:,} events/s, {found['lost']} lost", _ok(holds)),
        *(
            (
                f"{name}, while aggregates refresh",
                f"{found[f'{name}_ms']} ms median",
                _ok(found[f"{name}_ms"] < REQUEST_MS),
            )
            for name in ("prefix", "pixel")
        ),
    ]
    return "### Events by HTTP (2 processes, 8 threads)\n\n" + _table(("", "measured", ""), rows)


def _questions(found: list[dict[str, Any]]) -> str:
    return (
        "### Each question, asked by a manager without a page round it\n\n"
        + _table(
            ("question", "period", "rows", "statements", "time", "bare SQL", "Python CPU"),
            (
                (
                    one["question"], one["period"], f"{one['rows']:,}", str(one["statements"]), f"{one['ms']:.1f} ms",
                    f"{one['sql_ms']:.1f} ms", f"{one['python_cpu_ms']:.1f} ms",
                )
                for one in found
            ),
        )
    )  # fmt: skip


def _listeners(found: dict[str, Any]) -> str:
    sizes = ", ".join(f"{name} {size:,.0f} MB" for name, size in found["mb_per_tenant"].items())
    return (
        "### Unique listeners of any range, exact\n\n"
        + _table(
            ("range", "of", "listeners", "time", ""),
            (
                (
                    one["range"],
                    one["slice"],
                    f"{one['listeners']:,}",
                    f"{one['ms']:.0f} ms",
                    _ok(
                        one["ms"]
                        <= (MONTH_OF_LISTENERS_MS if one["range"] == "30 days" else YEARS_OF_LISTENERS_MS)
                    ),
                )
                for one in found["counts"]
            ),
        )
        + f"\nPer tenant {found['rows_per_tenant']:,} rows; {sizes}.\n"
    )


def _plans(plans: list[dict[str, Any]], results: dict[str, Any]) -> str:
    whole = [one for one in plans if one["whole"]]
    lines = [
        "# Plans of the pages' statements\n",
        f"Written by `python -m bench` with {results['data']['tenants']} tenants and "
        f"{results['data']['listener_events']:,} listener events; `explain (analyze, buffers)` as the web role, warm.\n",
    ]
    if whole:
        lines.append(f"Relations of {LARGE_ROWS:,} rows and more that are read from end to end:\n")
        lines += sorted({f"- `{one['statement']}` reads {', '.join(one['whole'])}" for one in whole})
        lines.append("")
    else:
        lines.append(f"No statement reads a relation of {LARGE_ROWS:,} rows or more from end to end.\n")
    ranked = sorted(plans, key=lambda one: -one["ms"])
    table = _table(
        ("statement", "period", "person", "execution", "planning", "pages", "temporary pages", "rows"),
        (
            (
                f"`{one['statement']}`", one["period"], one["person"], f"{one['ms']:.1f} ms", f"{one['planning_ms']:.1f} ms",
                f"{one['pages']:,}", f"{one['temp_pages']:,}", f"{one['rows']:,.0f}",
            )
            for one in ranked
        ),
    )  # fmt: skip
    return "\n".join([*lines, table])


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def _ok(holds: bool) -> str:
    return "holds" if holds else "**misses**"
