"""`podboard log`: access logs of a media host, read and counted without a database."""

from __future__ import annotations

import csv
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
import orjson

from dashboard.commands._files import list_of_refusals, opened, progress
from queries.ingest.batches import BatchDone
from queries.ingest.by_line import ByLine
from queries.ingest.collector import Lists
from queries.ingest.counting.as_numbers import AsNumbers
from queries.ingest.counting.configured import data_centres
from queries.ingest.counting.countries import Countries
from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.requests import Request
from queries.ingest.counting.rules import FindEpisode, Rules, nowhere
from queries.ingest.counting.windows import Window
from queries.ingest.imports import ImportRefused, defused, private_file
from queries.ingest.logs.classify import LogSummary, Refused, classify_log
from queries.ingest.logs.episodes import audio_by_itself, episodes_of
from queries.ingest.logs.faults import LineFault, RefusedLine, words_of
from queries.ingest.logs.formats import LOG_FORMATS, LogFormat
from queries.ingest.logs.reader import LogReader
from queries.ingest.packing import unpacked
from queries.settings import Settings

_TOP = 5
_SHOWN_EVERY = 2_000
WINDOWS = {
    "day": Window.CALENDAR_DAY,
    "first-touch": Window.ROLLING_FIRST_TOUCH,
    "last-touch": Window.ROLLING_LAST_TOUCH,
}
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """Read access logs."""


@command.command()
@click.argument("file", metavar="FILE")
@click.option(
    "--format", "log_format", type=click.Choice(LOG_FORMATS), help="Otherwise told from the first lines."
)
@click.option(
    "--episodes", type=_FILE, metavar="CSV",
    help="Which path is which episode: path, episode and, as far as known, size_bytes, duration, header_bytes. Without "
    "it every audio file is an episode of its own, whose size only some logs tell.",
)  # fmt: skip
@click.option(
    "--shift-to", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE",
    help="Move the whole log by so many days that its first request falls on this day.",
)  # fmt: skip
@click.option(
    "--window", type=click.Choice(list(WINDOWS)), default="day", show_default=True, help="Once per what."
)
@click.option("--time-zone", default="UTC", show_default=True, help="Whose days, like Europe/Berlin.")
@click.option("--redirects", is_flag=True, help="The log is that of a prefix that only redirects.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@list_of_refusals("Where to list all that is refused, as CSV.")
def classify(
    file: str, log_format: LogFormat | None, episodes: Path | None, shift_to: datetime | None, window: str,
    time_zone: str, redirects: bool, refusals: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Count the downloads in an access log by the rules of IAB 2.3, and say why the other requests do not count.

    FILE is plain, gzip or zstd; - reads standard input. Nothing is stored and no database is needed. Lists of data
    centres come from PODBOARD_DATA_CENTRES, the AS numbers of addresses from PODBOARD_AS_NUMBERS, countries from
    PODBOARD_COUNTRIES.
    """
    with configured(Settings.from_env()) as lists:
        rules = Rules(
            # Nobody will ever want these listeners again: the key is thrown away with them.
            secret=secrets.token_bytes(32),
            episode_of=episodes_in(episodes),
            window=WINDOWS[window],
            zone=zone_named(time_zone),
            redirects=redirects,
            data_centres=lists.data_centres,
            place_of=lists.place_of,
        )
        tell_of_log(
            file, rules, log_format=log_format, shift_to=shift_to, refusals=refusals, as_json=as_json,
            has_countries=lists.place_of is not nowhere,
        )  # fmt: skip


@contextmanager
def configured(settings: Settings) -> Iterator[Lists]:
    """What this installation counts by, open as long as it is needed."""
    with ExitStack() as stack:
        places = stack.enter_context(Countries(settings.countries)) if settings.countries else None
        numbers = stack.enter_context(AsNumbers(settings.as_numbers)) if settings.as_numbers else None
        centres = data_centres(settings.data_centres, numbers.number if numbers else None)
        yield Lists(centres, places.place if places else nowhere)


def tell_of_log(
    file: str, rules: Rules, *, log_format: LogFormat | None, shift_to: datetime | None, refusals: Path | None,
    has_countries: bool, as_json: bool = False, mapping: str = "--episodes", now: datetime | None = None,
    earliest: datetime | None = None, notes: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """Counts a log and prints what is in it; `mapping`: the option that names paths. Ends with 1 without a request."""
    with ExitStack() as stack:
        raw = stack.enter_context(opened(file))
        plain = stack.enter_context(unpacked(raw))
        reader = LogReader(
            plain, now=now or datetime.now(UTC), log_format=log_format,
            shift_to=shift_to.date() if shift_to else None, earliest=earliest,
        )  # fmt: skip
        listed = stack.enter_context(_listing(refusals)) if refusals else _nowhere
        began = time.perf_counter()
        entries = _reported(reader, raw, stack.enter_context(progress(file)))
        summary = classify_log(entries, rules, listed=listed)
        seconds = time.perf_counter() - began
    notes = (*_beyond_reach(summary), *notes)
    if as_json:
        figures = {**_figures(summary, reader, rules, seconds), "notes": notes}
        click.echo(orjson.dumps(figures, option=orjson.OPT_INDENT_2).decode())
    else:
        _tell(
            summary,
            reader,
            rules,
            seconds,
            name=Path(file).name,
            has_countries=has_countries,
            mapping=mapping,
        )
        for note in notes:
            click.echo(note)
    if refusals:
        click.echo(f"All that was refused is listed in {refusals}", err=as_json)
    if not summary.requests:
        sys.exit(1)


def episodes_in(path: Path | None) -> FindEpisode:
    """The episodes that a mapping names; without one every audio file is one by itself."""
    return audio_by_itself if path is None else episodes_of(mapping_lines(path))


def mapping_lines(path: Path) -> list[str]:
    """The lines of a mapping of paths. Raises: ImportRefused for a file that cannot be read."""
    try:
        return path.read_text("utf-8-sig").splitlines(keepends=True)
    except OSError as error:
        raise ImportRefused(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ImportRefused(f"{path} is not valid UTF-8.") from None


def zone_named(name: str) -> ZoneInfo:
    """The time zone of this name. Raises: ImportRefused."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ImportRefused(f"There is no time zone {name!r}: write it like Europe/Berlin.") from None


def _reported(reader: LogReader, raw: BinaryIO, done: BatchDone) -> Iterator[Request | RefusedLine]:
    """The entries; `done` hears every now and then how many lines there were."""
    for count, entry in enumerate(reader):
        if count % _SHOWN_EVERY == 0:
            done(reader.lines, reader.reached(raw))
        yield entry
    done(reader.lines, reader.reached(raw))


@contextmanager
def _listing(path: Path) -> Iterator[Callable[[Refused], object]]:
    try:
        handle = open(path, "w", encoding="utf-8", newline="", opener=private_file)  # noqa: SIM115 (closed below)
    except OSError as error:
        raise ImportRefused(f"{path} cannot be written: {error.strerror}.") from None
    with handle:
        sheet = csv.writer(handle)
        sheet.writerow(("line", "reason", "meaning", "detail"))

        with ByLine() as rows:
            yield lambda refused: rows.add([(refused.number, refused.why.value, defused(refused.detail))])
            sheet.writerows((number, why, words_of(why), detail) for number, why, detail in rows)


def _nowhere(_refused: Refused) -> None:
    return None


def _beyond_reach(summary: LogSummary) -> list[str]:
    """What an import, which has all that was counted before to go by, would not refuse."""
    count = summary.refused[Reason.OUT_OF_ORDER]
    if not count:
        return []
    lie = "1 request lies" if count == 1 else f"{count:,} requests lie"
    return [
        f"{lie} too far behind those before to be counted here; an import into a tenant counts such too, as logs may "
        "come in any order, so its downloads may be more."
    ]


def _figures(summary: LogSummary, reader: LogReader, rules: Rules, seconds: float) -> dict[str, object]:
    return {
        "format": reader.format,
        "lines": reader.lines,
        "requests": summary.requests,
        "downloads": summary.downloads,
        "unmeasured": summary.unmeasured,
        "refused": {reason.value: count for reason, count in summary.refused.most_common()},
        "malformed": {fault.value: count for fault, count in summary.malformed.most_common()},
        "first_at": summary.first_at,
        "last_at": summary.last_at,
        "by_episode": dict(summary.by_episode.most_common()),
        "by_app": dict(summary.by_app.most_common()),
        "by_country": dict(summary.by_country.most_common()),
        "rules": rules.version,
        "seconds": round(seconds, 3),
    }


def _tell(
    summary: LogSummary, reader: LogReader, rules: Rules, seconds: float, *, name: str, has_countries: bool,
    mapping: str,
) -> None:  # fmt: skip
    rate = reader.lines / max(seconds, 0.001)
    click.echo(f"{name}: {reader.format}, {reader.lines:,} lines in {seconds:,.1f} s ({rate:,.0f} lines/s)")
    if summary.first_at and summary.last_at:
        click.echo(f"From {summary.first_at:%Y-%m-%d %H:%M} to {summary.last_at:%Y-%m-%d %H:%M} UTC")
    width = len(f"{max(summary.requests, reader.lines):,}")

    def row(count: int, words: str) -> None:
        click.echo(f"{count:>{width},}  {words}")

    click.echo()
    row(summary.requests, "requests")
    row(summary.downloads, f"downloads, once per {rules.window.words} ({rules.zone.key}) and episode")
    if summary.unmeasured:
        row(summary.unmeasured, "of them without knowing how much was delivered")
    row(summary.refused.total(), "refused:")
    for reason, count in summary.refused.most_common():
        click.echo(f"  {count:>{width},}  {reason.words}")
    if summary.malformed:
        row(summary.malformed.total(), "refused as lines, before they were requests:")
        for fault, count in summary.malformed.most_common():
            click.echo(f"  {count:>{width},}  {fault.words}")
        for line in summary.first_malformed:
            click.echo(
                f"    line {line.number:,}: {line.fault.words}" + (f" ({line.detail})" if line.detail else "")
            )
    click.echo()
    for label, tally in (
        ("Episodes", summary.by_episode),
        ("Apps", summary.by_app),
        ("Countries", summary.by_country),
    ):
        if tally and (label != "Countries" or has_countries):
            first = ", ".join(f"{key} {count:,}" for key, count in tally.most_common(_TOP))
            click.echo(
                f"{label}: {first}" + (f" and {len(tally) - _TOP:,} more" if len(tally) > _TOP else "")
            )
    if summary.requests and summary.refused[Reason.NO_EPISODE] == summary.requests:
        click.echo(f"No path is an episode's: {mapping} names a mapping of paths.")
    if summary.refused[Reason.SIZE_UNKNOWN]:
        click.echo(f"Sizes of files are missing: {mapping} names them, with durations a minute is enough.")
    if summary.malformed[LineFault.PAST] > summary.requests:
        click.echo("This is an old log: --shift-to moves it to another day.")
    if not rules.data_centres:
        click.echo("Data centres and VPNs are not filtered out: PODBOARD_DATA_CENTRES names no list.")
    if not has_countries:
        click.echo("Countries are unknown: PODBOARD_COUNTRIES names no database.")
    click.echo(f"Counted by {rules.version}")
