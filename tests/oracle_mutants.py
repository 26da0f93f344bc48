"""Small mistakes in what the product counts, for `tests/queries/test_oracle_mutants.py`: who notices them is an oracle.

Those at the edges are read off the statements: each comparison with the beginning or end of something is moved by the
least there is, a day or a second, to either side, and what must not be deleted may be. Others are written here.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any
from unittest.mock import patch

from sqlalchemy import text

from queries import statements
from queries.statements import Statement, driver_text, statement

QUERIES = Path(statements.__file__).parent
_ASKING = {
    "campaign_reach.py": ("test_metric_oracles", "test_reach_oracles"),
    "campaigns.py": ("test_metric_oracles", "test_reach_oracles"),
    "listening.py": ("test_listening_zones",),
    "periods.py": ("test_metric_oracles", "test_reach_oracles", "test_listening_zones"),
    "portfolio.py": ("test_metric_oracles", "test_reach_oracles"),
}


@dataclass(frozen=True)
class Mutant:
    """One mistake: in a statement of queries/sql, or in a module of queries/ (its path, as that of a statement).

    `is_stored`: what it counts is written by a command, so that it is noticed in what is digested after it.
    """

    where: str
    old: str
    new: str
    place: int = 0
    is_stored: bool = False

    @property
    def oracles(self) -> tuple[str, ...]:
        """The oracles that ask the module, where it is one."""
        if self.where.startswith(("attribution/", "campaign_states", "portfolio_money")):
            return ("test_metric_oracles",) if self.is_python else ()
        return _ASKING.get(self.where, ())

    @property
    def name(self) -> str:
        """What is changed to what, and where."""
        return f"{self.where}: {self.old} -> {self.new} ({self.place})"

    @property
    def is_python(self) -> bool:
        """Whether it is a mistake in a module."""
        return self.where.endswith(".py")

    def broken(self, source: str) -> str:
        """The source with the mistake."""
        parts = source.split(self.old)
        assert len(parts) > self.place + 1, f"{self.name}: there is no such text any more"
        before, after = parts[: self.place + 1], parts[self.place + 1 :]
        return self.old.join(before) + self.new + self.old.join(after)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within it the product makes the mistake."""
        with self._module() if self.is_python else self._statement():
            yield

    @contextmanager
    def _statement(self) -> Iterator[None]:
        right = statement(self.where)
        clause = text(self.broken(right.clause.text))
        wrong = replace(right, clause=clause, sent=driver_text(clause))

        def found(name: str) -> Statement:
            return wrong if name == self.where else statement(name)

        with patch.object(statements, "statement", found):
            yield

    @contextmanager
    def _module(self) -> Iterator[None]:
        source = (QUERIES / self.where).read_text(encoding="utf-8")
        wrong = self.broken(source)
        module = importlib.import_module(f"queries.{self.where.removesuffix('.py').replace('/', '.')}")
        codes = dict(_codes(compile(wrong, self.where, "exec")))
        functions = {function: function.__code__ for function in _functions(module)}
        before, after = _constants(source), _constants(wrong)
        with ExitStack() as stack:
            for constant in (name for name in after if after[name] != before[name]):
                value = eval(after[constant], vars(module))  # noqa: S307 - the product's own text
                stack.enter_context(patch.object(module, constant, value))
            for function, code in functions.items():
                stack.callback(setattr, function, "__code__", code)
                function.__code__ = codes[function.__qualname__]
            yield


def _codes(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant.co_qualname, constant
            yield from _codes(constant)


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    """The functions that the module's own text defines, with those of its classes."""
    members: list[Any] = list(vars(module).values())
    for one in vars(module).values():
        if isinstance(one, type) and one.__module__ == module.__name__:
            members += vars(one).values()
    for member in members:
        function = member.fget if isinstance(member, property) else member
        if isinstance(function, FunctionType) and function.__code__.co_filename == module.__file__:
            yield function


def _constants(source: str) -> dict[str, str]:
    return {
        node.targets[0].id: ast.unparse(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


_SIDE = (
    r"cast\(:\w+ as (?:date|timestamptz)\)|\(select \w+ from edges\)"
    r"|\w\.(?:starts_at|ends_at|compared_from|compared_to)"
    r"|\(?\w\.day(?: \+ 1\))?::timestamp at time zone cast\(:time_zone as text\)"
    r"|cast\(cast\(:\w+ as date\) as timestamp\) at time zone cast\(:time_zone as text\)"
)
_EDGE = re.compile(rf"(?<=\s)(>=|<=|<|>) ({_SIDE})(?! [-+])")
_FLIPPED = {">=": ">", ">": ">=", "<": "<=", "<=": "<"}
_THERE = re.compile(r"(?:\w+\.)?deleted_at is null")


def edges(name: str, *, is_stored: bool) -> Iterator[Mutant]:
    """Each beginning and end in a statement moved by the least there is, and each row that is there deleted or not."""
    body = statement(name).clause.text
    for match in _EDGE.finditer(body):
        whole, sign, side = match.group(), match[1], match[2]
        place = body[: match.start()].count(whole)
        is_day = side.endswith("as date)")
        moved = [f"{_FLIPPED[sign]} {side}"]
        if is_day:
            # The flip moves it by a day to one side.
            moved.append(f"{sign} {side} {'- 1' if sign in ('>=', '<') else '+ 1'}")
        else:
            moved += [f"{sign} {side} {way} interval '1 second'" for way in "-+"]
        for new in moved:
            yield Mutant(name, whole, new, place, is_stored)
    for match in _THERE.finditer(body):
        yield Mutant(name, match.group(), "true", body[: match.start()].count(match.group()), is_stored)


NAMED = (
    # Flights and what they cost.
    Mutant("attribution/spend.py", "end = booking.ends_on + timedelta(days=1)", "end = booking.ends_on"),
    Mutant(
        "attribution/spend.py",
        "end = booking.ends_on + timedelta(days=1)",
        "end = booking.ends_on + timedelta(days=2)",
    ),
    Mutant(
        "attribution/spend.py",
        "max(booking.starts_on, period.start)",
        "max(booking.starts_on + timedelta(days=1), period.start)",
    ),
    Mutant(
        "attribution/spend.py",
        "max(booking.starts_on, period.start)",
        "max(booking.starts_on - timedelta(days=1), period.start)",
    ),
    Mutant(
        "attribution/spend.py",
        "max(booking.starts_on, period.start)",
        "max(booking.starts_on + timedelta(days=1), period.start)",
        1,
    ),
    Mutant(
        "attribution/spend.py",
        "max(booking.starts_on, period.start)",
        "max(booking.starts_on - timedelta(days=1), period.start)",
        1,
    ),
    Mutant(
        "attribution/spend.py",
        "min(booking.ends_on + timedelta(days=1), period.end)",
        "min(booking.ends_on, period.end)",
    ),
    Mutant(
        "attribution/spend.py",
        "min(booking.ends_on + timedelta(days=1), period.end)",
        "min(booking.ends_on + timedelta(days=2), period.end)",
    ),
    Mutant(
        "attribution/spend.py",
        "self.starts_on <= day <= self.ends_on",
        "self.starts_on < day <= self.ends_on",
    ),
    Mutant(
        "attribution/spend.py",
        "self.starts_on <= day <= self.ends_on",
        "self.starts_on <= day < self.ends_on",
    ),
    Mutant(
        "attribution/spend.py",
        "self.starts_on <= day <= self.ends_on",
        "self.starts_on - timedelta(days=1) <= day <= self.ends_on",
    ),
    Mutant(
        "attribution/spend.py",
        "self.starts_on <= day <= self.ends_on",
        "self.starts_on <= day <= self.ends_on + timedelta(days=1)",
    ),
    Mutant(
        "attribution/spend.py",
        "(self.ends_on - self.starts_on).days + 1",
        "(self.ends_on - self.starts_on).days",
    ),
    Mutant("attribution/spend.py", "period.start <= day < period.end", "period.start < day < period.end"),
    Mutant("attribution/spend.py", "period.start <= day < period.end", "period.start <= day <= period.end"),
    Mutant("attribution/spend.py", "day >= periods[place].end", "day > periods[place].end"),
    Mutant(
        "attribution/spend.py",
        "bisect_right(starts, day) - 1",
        "bisect_right(starts, day - timedelta(days=1)) - 1",
    ),
    Mutant(
        "attribution/spend.py", "if first <= self.today < end else 0", "if first < self.today < end else 0"
    ),
    Mutant(
        "attribution/spend.py", "if first <= self.today < end else 0", "if first <= self.today <= end else 0"
    ),
    Mutant(
        "attribution/spend.py",
        "start, end = day_start(today, zone), day_start(today + timedelta(days=1), zone)",
        "start = day_start(today, zone); end = start + timedelta(days=1)",
    ),
    Mutant("attribution/pacing.py", "booking.ends_on + timedelta(days=1)", "booking.ends_on"),
    Mutant("attribution/pacing.py", "if today > last <= clock.today:", "if today >= last <= clock.today:"),
    Mutant("attribution/pacing.py", "if today > last <= clock.today:", "if today > last < clock.today:"),
    Mutant("campaign_states.py", "if first <= found[0] <= last", "if first < found[0] <= last"),
    Mutant("campaign_states.py", "if first <= found[0] <= last", "if first <= found[0] < last"),
    Mutant(
        "campaign_states.py",
        "if first <= found[0] <= last",
        "if first - timedelta(days=1) <= found[0] <= last",
    ),
    Mutant(
        "campaign_states.py",
        "if first <= found[0] <= last",
        "if first <= found[0] <= last + timedelta(days=1)",
    ),
    Mutant(
        "campaign_states.py",
        "period is None or period.start <= day < period.end",
        "period is None or period.start < day < period.end",
    ),
    Mutant(
        "campaign_states.py",
        "period is None or period.start <= day < period.end",
        "period is None or period.start <= day <= period.end",
    ),
    Mutant("campaigns/deliveries", "b.ends_on + 1", "b.ends_on"),
    Mutant("campaigns/deliveries", "b.ends_on + 1", "b.ends_on + 2"),
    Mutant("campaigns/deliveries", "c.end_date + 1", "c.end_date"),
    Mutant("campaigns/deliveries", "b.starts_on", "b.starts_on + 1"),
    Mutant("campaigns/deliveries", "c.start_date", "c.start_date + 1"),
    # Periods.
    Mutant("campaigns.py", "if period.start <= day < period.end", "if period.start < day < period.end"),
    Mutant("campaigns.py", "if period.start <= day < period.end", "if period.start <= day <= period.end"),
    Mutant("campaigns.py", "day <= f.compared.start", "day < f.compared.start"),
    Mutant("campaigns.py", "day <= f.compared.start", "day <= f.compared.start + timedelta(days=1)"),
    # What is deleted.
    Mutant("listening/top_episodes", "e.deleted_at is not null or ", ""),
    Mutant("listening/top_episodes", " or p.deleted_at is not null", ""),
    # Nor is what had no download in the period.
    Mutant(
        "listening/top_episodes", "count(*) filter (where downloads > 0) as episodes", "count(*) as episodes"
    ),
    # The hour that a day of 23 of them has not.
    Mutant(
        "listening/downloads_by_hour",
        "least(cast(floor(extract(epoch from b.bucket - d.compared_from) / 3600) as integer), l.last_hour)",
        "cast(floor(extract(epoch from b.bucket - d.compared_from) / 3600) as integer)",
    ),
    Mutant("campaign_reach.py", "if period.start <= day < period.end", "if period.start < day < period.end"),
    Mutant(
        "campaign_reach.py", "if period.start <= day < period.end", "if period.start <= day <= period.end"
    ),
    Mutant(
        "portfolio.py", 'period.start <= row["day"] < period.end', 'period.start < row["day"] < period.end'
    ),
    Mutant(
        "portfolio.py", 'period.start <= row["day"] < period.end', 'period.start <= row["day"] <= period.end'
    ),
    Mutant("portfolio.py", "day <= compared.start", "day < compared.start"),
    Mutant("portfolio.py", "day <= compared.start", "day <= compared.start + timedelta(days=1)"),
    Mutant("portfolio_money.py", "day < steps[place].end", "day <= steps[place].end"),
    Mutant(
        "portfolio_money.py", "min(f.period.end, f.today + timedelta(days=1))", "min(f.period.end, f.today)"
    ),
    Mutant("listening.py", "if period.start <= day < period.end", "if period.start < day < period.end"),
    Mutant("listening.py", "if period.start <= day < period.end", "if period.start <= day <= period.end"),
    Mutant(
        "listening.py", 'period.start <= row["day"] < period.end', 'period.start < row["day"] < period.end'
    ),
    Mutant(
        "listening.py", 'period.start <= row["day"] < period.end', 'period.start <= row["day"] <= period.end'
    ),
    Mutant(
        "periods.py",
        "Period(self.start, min(self.end, day))",
        "Period(self.start, min(self.end, day + timedelta(days=1)))",
    ),
    Mutant(
        "periods.py",
        "period.start - timedelta(days=period.days)",
        "period.start - timedelta(days=period.days - 1)",
    ),
    Mutant(
        "periods.py",
        "period.start - timedelta(days=period.days)",
        "period.start - timedelta(days=period.days + 1)",
    ),
    # Which reports are one conversion, and what is credited with it.
    Mutant("campaigns/order_values", " and p.conversion_type = c.conversion_type", ""),
    Mutant("campaigns/purchase_values", "and p.conversion_type = 'purchase'", ""),
    Mutant("campaigns/order_values", "at time zone cast(:time_zone as text)", "at time zone 'UTC'"),
    Mutant("attribution/paths.py", "timedelta(hours=24)", "timedelta(hours=25)", is_stored=True),
    Mutant("attribution/paths.py", "timedelta(hours=24)", "timedelta(hours=24, seconds=1)", is_stored=True),
    Mutant("attribution/paths.py", "timedelta(hours=24)", "timedelta(hours=24, seconds=-1)", is_stored=True),
    Mutant("attribution/paths.py", "<= SAME_CONVERSION", "< SAME_CONVERSION", is_stored=True),
    Mutant(
        "attribution/paths.py",
        "event.value_micros, event.currency)",
        "event.value_micros, None)",
        is_stored=True,
    ),
    Mutant(
        "campaigns/conversions_of_campaigns",
        "sum((r.metrics ->> 'conversions')::numeric) as conversions",
        "max((r.metrics ->> 'conversions')::numeric) as conversions",
    ),
    Mutant("attribution/rates.py", "1.959963984540054", "1.96"),
    Mutant(
        "attribution/write_paths",
        "interval '1440 hours'",
        "interval '1439 hours 59 minutes 59 seconds'",
        is_stored=True,
    ),
    Mutant(
        "attribution/write_paths", "interval '1440 hours'", "interval '1440 hours 1 second'", is_stored=True
    ),
    Mutant("attribution/write_paths", "interval '1440 hours'", "interval '60 days'", is_stored=True),
    Mutant(
        "attribution/write_paths",
        "e.occurred_at <= c.converted_at",
        "e.occurred_at < c.converted_at",
        is_stored=True,
    ),
    Mutant(
        "attribution/write_paths",
        "e.occurred_at <= c.converted_at",
        "e.occurred_at <= c.converted_at + interval '1 second'",
        is_stored=True,
    ),
    Mutant("attribution/write_paths", "e.occurred_at >= c", "e.occurred_at > c", is_stored=True),
    Mutant("attribution/compute.py", "touch.at >= conversion", "touch.at > conversion", is_stored=True),
    Mutant(
        "attribution/compute.py",
        "- timedelta(days=window_days)",
        "- timedelta(days=window_days, seconds=1)",
        is_stored=True,
    ),
    Mutant(
        "attribution/compute.py",
        "- timedelta(days=window_days)",
        "- timedelta(days=window_days, seconds=-1)",
        is_stored=True,
    ),
    # Listening of a play.
    Mutant(
        "listening/plays_reached",
        "s.occurred_at < s.started_at + interval '24 hours'",
        "s.occurred_at <= s.started_at + interval '24 hours'",
    ),
    Mutant(
        "listening/plays_reached",
        "s.occurred_at < s.started_at + interval '24 hours'",
        "s.occurred_at < s.started_at + interval '23 hours 59 minutes 59 seconds'",
    ),
)
