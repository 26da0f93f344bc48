"""Each scenario of the methodology page happens: through the real imports, asked as its screens ask, counted by hand.

`ASKED` holds the product's way to both numbers of a scenario, `BY_HAND` a way that knows nothing of it: plain Python
and pandas over the happenings themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Connection

from queries import (
    campaign_conversions,
    campaigns,
    listening,
    listening_breakdowns,
    portfolio,
    refresh,
)
from queries.attribution import compute_attribution
from queries.filters import Filters
from queries.metrics import METRICS
from queries.scenarios import SCENARIOS, Scenario
from queries.session import tenant_session
from queries.settings import Settings
from queries.sources import sources
from reports.formatting import money, percent
from tests.conftest import Database
from tests.sponsorship import own_database
from tests.stage import Stage, monday_of


def _figure(connection: Connection, f: Filters, metric: str) -> Mapping[str, Any]:
    [row] = [row for row in listening.overview_figures(connection, f).rows if row["metric"] == metric]
    return row


def _downloads(stage: Stage, connection: Connection, first: int, days: int, **more: Any) -> int:
    value: int = _figure(connection, stage.filters(first, days, **more), "downloads")["value"]
    return value


def _of_campaign(stage: Stage, connection: Connection, metric: str, campaign: str = "Acme") -> Any:
    f = stage.filters(-7, 21, campaign_id=stage.campaigns[campaign])
    [row] = [row for row in campaigns.campaign_figures(connection, f).rows if row["metric"] == metric]
    return row["value"]


def _listeners_by_day(stage: Stage, connection: Connection) -> tuple[Any, Any]:
    days = [listening.unique_listeners(connection, stage.filters(n, 1)) for n in range(7)]
    return sum(days), listening.unique_listeners(connection, stage.filters(0, 7))


def _rolling(stage: Stage, connection: Connection) -> tuple[Any, Any]:
    return (
        _figure(connection, stage.preset("7d"), "downloads")["value"],
        _downloads(stage, connection, 0, 7),
    )


def _compared(stage: Stage, connection: Connection) -> tuple[Any, Any]:
    row = _figure(connection, stage.filters(-2, 3), "downloads")
    return row["value"], row["compared_value"]


def _first_day(stage: Stage, connection: Connection) -> tuple[Any, Any]:
    with stage.tenant.owner() as owner:
        # No page shows the first day alone yet; it is what the product keeps under this name.
        stored = owner.execute(
            "select downloads from internal.episode_milestones where episode_id = %s and days = 1",
            [stage.episodes["One"]],
        ).fetchone()
    assert stored is not None
    return _downloads(stage, connection, 0, 1), stored[0]


def _few(stage: Stage, connection: Connection) -> tuple[Any, Any]:
    f = stage.filters(0, 7, apps=("Overcast",))
    listeners = _figure(connection, f, "unique_listeners")
    assert listeners["value"] is None
    return _figure(connection, f, "downloads")["value"], listeners["note"]


def _kept(stage: Stage, connection: Connection) -> tuple[Any, Any]:
    f = stage.preset("90d")
    listeners = _figure(connection, f, "unique_listeners")
    assert listeners["value"] is None
    return _figure(connection, f, "downloads")["value"], listeners["note"]


def _sources(stage: Stage, connection: Connection) -> tuple[Any, Any]:
    reached = {row["subject"]: row["complete_to"] for row in sources(connection).rows}
    kinds = ("listener_events", "conversions")
    return tuple(f"{reached[kind].astimezone(stage.tenant.zone):%a %H:%M}" for kind in kinds)


def _models(stage: Stage, connection: Connection) -> tuple[Any, Any]:
    f = stage.filters(-7, 21, campaign_id=stage.campaigns["Acme"])
    answer = campaign_conversions.attribution_by_podcast(connection, f)
    credit = {row["podcast_id"]: row for row in answer.rows}
    for model in ("first_touch_credit", "last_touch_credit", "linear_credit"):
        assert sum(row[model] for row in answer.rows) == answer.totals["attributed"] == 1
    show = credit[stage.shows["One"]]
    assert show["linear_credit"] == Decimal("0.5")
    return int(show["first_touch_credit"]), int(show["last_touch_credit"])


def _rounding(stage: Stage, connection: Connection) -> tuple[Any, Any]:
    answer = listening_breakdowns.top_episodes(connection, stage.filters(0, 7))
    shown = [Decimal(percent(row["share"])[:-2]) for row in answer.rows]
    total = sum(row["downloads"] for row in answer.rows)
    return percent(sum(shown) / 100), percent(Decimal(total) / answer.totals["downloads"])


def _currencies(stage: Stage, connection: Connection) -> tuple[Any, Any]:
    rows = portfolio.portfolio_figures(connection, stage.filters(-7, 21)).rows
    spend = {row["currency"]: row["value"] for row in rows if row["metric"] == "spend_micros"}
    assert spend.keys() == {"USD", "EUR"}
    return money(spend["USD"], "USD"), money(spend["EUR"], "EUR")


ASKED: dict[str, Callable[[Stage, Connection], tuple[Any, Any]]] = {
    "days_and_week": _listeners_by_day,
    "downloads_and_impressions": lambda s, c: (_downloads(s, c, 0, 7), _of_campaign(s, c, "impressions")),
    "yesterday_changed": lambda s, c: (_downloads(s, c, 0, 1),) * 2,
    "clocks_change": lambda s, c: (_downloads(s, c, 6, 1),) * 2,
    "windows": lambda s, c: (_downloads(s, c, 0, 7),) * 2,
    "log_and_downloads": lambda s, c: (s.imports[0].imported + s.imports[0].refused, _downloads(s, c, 0, 1)),
    "platforms": lambda s, c: (
        _downloads(s, c, 0, 1, apps=("Spotify",)),
        _figure(c, s.filters(0, 1), "plays")["value"],
    ),
    "rolling_and_calendar": _rolling,
    "today_is_not_compared": _compared,
    "first_day": _first_day,
    "few_listeners": _few,
    "kept": _kept,
    "sources": _sources,
    "orders": lambda s, c: (s.imports[0].imported, _of_campaign(s, c, "conversions")),
    "models": _models,
    "rounding": _rounding,
    "currencies": _currencies,
}
"""How the product is asked for both numbers; a scenario whose organisations differ is asked on each of them."""


def _digest() -> None:
    """What the worker's jobs do, for all organisations at once."""
    refresh.refresh_rollups()
    refresh.refresh_milestones()
    refresh.refresh_metrics_daily()
    compute_attribution()


@pytest.fixture(scope="module")
def shown(
    settings: Settings, make_database: Callable[[str], Database]
) -> Iterator[dict[str, tuple[str, str]]]:
    """Both numbers of every scenario as the product shows them."""
    with own_database(settings, make_database, "podboard_scenarios") as database:
        first = {
            scenario.key: Stage(database, scenario, scenario.sides[0].settings) for scenario in SCENARIOS
        }
        second = {
            scenario.key: Stage(database, scenario, scenario.sides[1].settings)
            for scenario in SCENARIOS
            if scenario.sides[1].settings != scenario.sides[0].settings
        }
        for stage in (*first.values(), *second.values()):
            stage.happen()
        _digest()
        found = {key: (_asked(stage)[0], _asked(second.get(key, stage))[1]) for key, stage in first.items()}
        late = {
            key: stage for key, stage in first.items() if any(h.comes_late for h in stage.scenario.happenings)
        }
        for stage in late.values():
            stage.happen(late=True)
        _digest()
        yield found | {key: (found[key][0], _asked(stage)[1]) for key, stage in late.items()}


def _asked(stage: Stage) -> tuple[str, str]:
    with tenant_session(stage.actor) as connection:
        first, second = ASKED[stage.scenario.key](stage, connection)
    return str(first), str(second)


# The same by hand --------------------------------------------------------------------------------------------------


def _table(scenario: Scenario, zone: str | None = None) -> pd.DataFrame:
    """The happenings as a table: `at` on the clocks of a zone, `day` as days from the story's Monday there."""
    monday = pd.Timestamp(monday_of(scenario))
    rows = pd.DataFrame([{"who": h.who, "late": h.comes_late, "day": h.day, "clock": h.clock, **h.values}
                         for h in scenario.happenings])  # fmt: skip
    local = (
        monday + pd.to_timedelta(rows["day"], unit="D") + pd.to_timedelta(rows["clock"] + ":00")
    ).dt.tz_localize(scenario.zone)
    rows["at"] = local.dt.tz_convert(zone or scenario.zone)
    rows["day"] = (rows["at"].dt.tz_localize(None).dt.normalize() - monday).dt.days
    return rows


def _downloaded(scenario: Scenario, zone: str | None = None) -> pd.DataFrame:
    rows = _table(scenario, zone)
    return rows[rows["event_type"] == "download"]


def _impressions(scenario: Scenario) -> pd.DataFrame:
    """Downloads joined with the ads that ran in their episode on their day."""
    ads = pd.DataFrame([{"campaign": a.campaign, "episode": a.episode, "first": a.first, "last": a.last,
                         "rate": a.rate, "currency": a.currency} for a in scenario.ads])  # fmt: skip
    joined = (
        _downloaded(scenario).drop(columns=["campaign", "currency"], errors="ignore").merge(ads, on="episode")
    )
    return joined[(joined["first"] <= joined["day"]) & (joined["day"] <= joined["last"])]


def _silences(scenario: Scenario) -> tuple[int, int]:
    rows = _table(scenario).sort_values("at")
    return rows["day"].nunique(), int((~(rows["at"].diff() < pd.Timedelta(hours=24))).sum())


def _log_by_hand(scenario: Scenario) -> tuple[int, int]:
    rows = _table(scenario)
    people = rows[(rows["sent"] == "all") & ~rows["agent"].str.contains("bot")]
    return len(rows), len(people.drop_duplicates(["who", "day"]))


def _first_hours(scenario: Scenario) -> tuple[int, int]:
    assert scenario.published is not None
    rows, (day, clock) = _downloaded(scenario), scenario.published
    out = pd.Timestamp(monday_of(scenario), tz="UTC") + pd.Timedelta(days=day) + pd.Timedelta(f"{clock}:00")
    return int((rows["day"] == day).sum()), int(
        rows["at"].between(out, out + pd.Timedelta(days=1), "left").sum()
    )


def _credit(scenario: Scenario) -> tuple[int, int]:
    """Every order's first and last touch, by sorting."""
    orders = _table(scenario)
    orders = orders[orders["attribution_type"] == "purchase"]
    touches = _impressions(scenario)[["who", "at", "episode"]].merge(
        orders[["who", "at"]], on="who", suffixes=("", "_of")
    )
    touches = touches[touches["at"] <= touches["at_of"]].sort_values("at").groupby("who")["episode"]
    return int((touches.first() == "One").sum()), int((touches.last() == "One").sum())


def _spent(scenario: Scenario) -> tuple[str, str]:
    spend = (_impressions(scenario).groupby("currency")["rate"].sum() / 1000).to_dict()
    return f"${spend['USD']:.2f}", f"€{spend['EUR']:.2f}"


def _shares(scenario: Scenario) -> tuple[str, str]:
    share = _downloaded(scenario)["episode"].value_counts(normalize=True) * 100
    return f"{share.round(1).sum():.1f}\u202f%", f"{share.sum():.1f}\u202f%"


def _days_and_week(scenario: Scenario) -> tuple[int, int]:
    rows = _downloaded(scenario)
    return int(rows.groupby("day")["who"].nunique().sum()), rows["who"].nunique()


def _count(rows: pd.DataFrame, first: int, last: int) -> int:
    return int(rows["day"].between(first, last).sum())


def _last_times(scenario: Scenario) -> tuple[str, str]:
    rows = _table(scenario)
    ends = rows.groupby(rows["attribution_type"].notna())["at"].max().dt.strftime("%a %H:%M")
    return ends[False], ends[True]


BY_HAND: dict[str, Callable[[Scenario], tuple[Any, Any]]] = {
    "days_and_week": _days_and_week,
    "downloads_and_impressions": lambda s: (len(_downloaded(s)), len(_impressions(s))),
    "yesterday_changed": lambda s: (int((~_downloaded(s)["late"]).sum()), len(_downloaded(s))),
    "clocks_change": lambda s: (
        _count(_downloaded(s, "Europe/Berlin"), 6, 6),
        _count(_downloaded(s, "UTC"), 6, 6),
    ),
    "windows": _silences,
    "log_and_downloads": _log_by_hand,
    "platforms": lambda s: (len(_downloaded(s)), int((_table(s)["event_type"] == "play").sum())),
    "rolling_and_calendar": lambda s: (_count(_downloaded(s), -1, 5), _count(_downloaded(s), 0, 6)),
    "today_is_not_compared": lambda s: (_count(_downloaded(s), -2, 0), _count(_downloaded(s), -2, -1)),
    "first_day": _first_hours,
    "few_listeners": lambda s: (
        len(_downloaded(s)),
        "fewer than 5" if _downloaded(s)["who"].nunique() < 5 else "told",
    ),
    "kept": lambda s: (
        _count(_downloaded(s), -90, -1),
        "not kept that long" if int(s.sides[1].settings["listener_retention_days"]) < 90 else "told",
    ),
    "sources": _last_times,
    "orders": lambda s: (len(_table(s)), _table(s)["order_id"].nunique()),
    "models": _credit,
    "rounding": _shares,
    "currencies": _spent,
}
"""The same counted by another path."""


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.key)
def test_the_product_shows_both_numbers_and_a_count_by_hand_agrees(
    shown: dict[str, tuple[str, str]], scenario: Scenario
) -> None:
    told = tuple(side.value for side in scenario.sides)
    assert shown[scenario.key] == told
    assert tuple(map(str, BY_HAND[scenario.key](scenario))) == told
    assert told[0] != told[1], "two screens that agree need no reason"


def test_every_scenario_has_a_name_of_its_own_and_speaks_to_people() -> None:
    assert len({scenario.key for scenario in SCENARIOS}) == len(SCENARIOS)
    assert {s.key for s in SCENARIOS} == ASKED.keys() == BY_HAND.keys()
    for scenario in SCENARIOS:
        moments = [(happening.day, happening.clock) for happening in scenario.happenings]
        assert moments == sorted(moments), "a story is told in its order"
        assert scenario.question.startswith("Why ")
        assert scenario.question.endswith("?")
        assert scenario.key not in METRICS, "both are anchors of one page"
