"""THE registry: what each number means. Pages, PDF, CSV and the methodology page read labels and meaning here only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RULE_VERSION = "2"
"""Version of the counting rules below; part of every report, and of what a count by podboard is stored under."""

ENOUGH_CONVERSIONS = 30
"""Below so many conversions a rate, a share or a change of them is not shown: "too little data", never a bare point."""
TOO_FEW_CONVERSIONS = f"fewer than {ENOUGH_CONVERSIONS} conversions"
TOO_FEW_CREDITED = f"fewer than {ENOUGH_CONVERSIONS} credited conversions"
TOO_FEW_ORDERS = f"fewer than {ENOUGH_CONVERSIONS} orders with an amount"

Unit = Literal["count", "ratio", "number", "money", "seconds", "times"]
Direction = Literal["up", "down", "neutral"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    `unit`: count, ratio (0-1), number, money (millionths of a currency), seconds, times (2.5×). `direction`: which
    change is good. `adds_over`: along which dimensions values may be summed (empty: along nothing). `empty`: shown when
    there is no value. A ratio names `numerator` and `denominator`: both are summed first and divided once.
    `rests_on_conversions`: shown from `ENOUGH_CONVERSIONS` on only, and a rate then with its interval.
    """

    key: str
    label: str
    unit: Unit
    meaning: str
    source: str
    direction: Direction = "up"
    adds_over: tuple[str, ...] = ()
    numerator: str | None = None
    denominator: str | None = None
    empty: str = "–"
    rests_on_conversions: bool = False
    group: Literal["Listening", "Campaigns", "Attribution"] = "Listening"

    @property
    def changes_in_points(self) -> bool:
        """Whether a change is told in percentage points: of a share, "−9 %" would be read as points."""
        return self.unit == "ratio"

    @property
    def is_price(self) -> bool:
        """Whether it is money per something."""
        return self.unit == "money" and self.denominator is not None


_TIME_AND_CONTENT = ("time", "episodes", "countries", "apps")

_ALL = (
    Metric(
        "downloads",
        "Downloads",
        "count",
        "Downloads of an episode, the same listener once per episode and calendar day (or within 24 hours, where your "
        "organisation chose a rolling window). From an access log a request counts when it delivered at least one "
        "minute and comes from no bot, by the rules of IAB 2.3. Events from a host, a platform or the API were "
        "filtered by whoever counted them. Fewer than 5 of one app, country or device are not told.",
        "download_quarters, download_days, episode_days (from listener_events of type download)",
        adds_over=_TIME_AND_CONTENT,
    ),
    Metric(
        "unique_listeners",
        "Unique listeners",
        "count",
        "Different listeners with at least one download in exactly the chosen period, episodes and "
        "filters. Never a sum "
        "of days: somebody who listens on three days is one listener. Fewer than 5 of one app, country or device are "
        "not told.",
        "listener_days (one row per listener, day and episode); raw listener_events when filtered "
        "by app, country or device",
    ),
    Metric(
        "first_1_day_downloads",
        "First day",
        "count",
        "Downloads in exactly 24 hours from the moment of publication; not shown before the 24 hours are "
        "over.",
        "episode_milestones",
        adds_over=("episodes, when all are complete",),
    ),
    Metric(
        "first_3_day_downloads",
        "First 3 days",
        "count",
        "Downloads in exactly 72 hours from the moment of publication; not shown before the 72 hours are "
        "over.",
        "episode_milestones",
        adds_over=("episodes, when all are complete",),
    ),
    Metric(
        "first_7_day_downloads",
        "First 7 days",
        "count",
        "Downloads in exactly 168 hours from the moment of publication; not shown before the 168 hours are "
        "over.",
        "episode_milestones",
        adds_over=("episodes, when all are complete",),
    ),
    Metric(
        "first_30_day_downloads",
        "First 30 days",
        "count",
        "Downloads in exactly 720 hours from the moment of publication; not shown before the 720 hours are "
        "over.",
        "episode_milestones",
        adds_over=("episodes, when all are complete",),
    ),
    Metric(
        "plays",
        "Plays",
        "count",
        "Starts of playback that an app reported. Only apps that report playback are in it, so it is not a "
        "share of downloads.",
        "metrics_daily (from listener_metrics)",
        adds_over=("time", "episodes"),
    ),
    Metric(
        "completes",
        "Completes",
        "count",
        "Plays that reached the end, as the app reported it.",
        "metrics_daily (from listener_metrics)",
        adds_over=("time", "episodes"),
    ),
    Metric(
        "completion_ratio",
        "Completion",
        "ratio",
        "Completes divided by plays of the same period and episodes: both are summed first, then divided "
        "once.",
        "metrics_daily (from listener_metrics)",
        numerator="completes",
        denominator="plays",
    ),
    Metric(
        "listen_seconds",
        "Listening time",
        "seconds",
        "Seconds of audio that apps reported as played.",
        "metrics_daily (from listener_metrics)",
        adds_over=("time", "episodes"),
    ),
    Metric(
        "average_listen_seconds",
        "Average listen",
        "seconds",
        "Listening time divided by plays of the same period and episodes.",
        "metrics_daily (from listener_metrics)",
        numerator="listen_seconds",
        denominator="plays",
    ),
    Metric(
        "engaged_plays",
        "Engaged plays",
        "count",
        "Listeners per episode and day who started playback and heard 20 minutes or 40 % of the episode.",
        "metrics_daily (from listener_metrics)",
        adds_over=("time", "episodes"),
    ),
    Metric(
        "live_campaigns",
        "Live campaigns",
        "count",
        "Campaigns in the stage live. Paused ones are not counted, nor are those booked whose stage has not been "
        "set to live yet.",
        "campaigns",
        direction="neutral",
        adds_over=("sponsors",),
        group="Campaigns",
    ),
    Metric(
        "booked_impressions",
        "Booked",
        "count",
        "Impressions sold in the campaign's insertion orders.",
        "io_bookings",
        direction="neutral",
        adds_over=("bookings", "campaigns"),
        group="Campaigns",
    ),
    Metric(
        "impressions",
        "Impressions",
        "count",
        "Ads delivered: the ad lies inside a valid download and all its bytes were sent; a baked-in ad needs the "
        "quarters of the file up to its end as well. Access logs tell bytes. The enclosure prefix, event files and the "
        "API tell none: there an ad in flight counts with the download. What hosts report as impressions stands as "
        "told. Hearing the ad is another metric.",
        "campaign_days (from attribution_events of type impression)",
        adds_over=("time", "campaigns", "episodes", "ad units"),
        group="Campaigns",
    ),
    Metric(
        "delivered_ratio",
        "Delivered of booked",
        "ratio",
        "Impressions since the start of the flight divided by the impressions booked.",
        "campaign_days, io_bookings",
        numerator="impressions",
        denominator="booked_impressions",
        group="Campaigns",
    ),
    Metric(
        "pacing_ratio",
        "Pacing",
        "ratio",
        "Delivered divided by what the elapsed share of the flight asks for. Above 105 % is ahead, below "
        "95 % is behind. The flight elapses up to the last download or impression there is data of, and "
        "forecast and shortfall go by the same: what is not imported yet is not missing. Whether it has begun or "
        "ended goes by the calendar.",
        "campaign_days, io_bookings, and the end of the tenant's listener_events and attribution_events",
        group="Campaigns",
    ),
    Metric(
        "reach",
        "Reach",
        "count",
        "Different listeners with at least one impression in exactly the chosen period and slice; never a "
        "sum.",
        "campaign_listener_days (from attribution_events)",
        group="Campaigns",
    ),
    Metric(
        "frequency",
        "Frequency",
        "number",
        "Impressions per listener reached.",
        "campaign_days, campaign_listener_days",
        direction="neutral",
        numerator="impressions",
        denominator="reach",
        group="Campaigns",
    ),
    Metric(
        "visits",
        "Visits",
        "count",
        "Visits to the sponsor's site that the pixel or the vanity address reported.",
        "campaign_days (from attribution_events of type visit)",
        adds_over=("time", "campaigns", "episodes"),
        group="Campaigns",
    ),
    Metric(
        "visit_ratio",
        "Visit rate",
        "ratio",
        "Visits divided by impressions of the same period.",
        "campaign_days",
        numerator="visits",
        denominator="impressions",
        group="Campaigns",
    ),
    Metric(
        "conversions",
        "Conversions",
        "count",
        "Purchases (or leads, where the campaign's goal is leads) after several reports of the same one "
        "were merged: the "
        "same order is one; without an order number, the same listener and amount within 24 hours is one.",
        "attribution_analytics (from attribution_paths)",
        adds_over=("time", "campaigns"),
        group="Campaigns",
    ),
    Metric(
        "conversion_ratio",
        "Conversion rate (of reach)",
        "ratio",
        "Conversions divided by listeners reached in the same period, with Wilson's 95 % interval of a share.",
        "attribution_analytics, campaign_listener_days",
        rests_on_conversions=True,
        numerator="conversions",
        denominator="reach",
        group="Campaigns",
    ),
    Metric(
        "spend_micros",
        "Spend",
        "money",
        "Cost of what was delivered. CPM bookings: impressions delivered in the flight at the booked rate, "
        "never more than "
        "booked. Flat bookings: the price spread evenly over the days of the flight. Currencies are never "
        "added.",
        "io_bookings, campaign_days",
        direction="neutral",
        adds_over=("time", "campaigns of one currency"),
        group="Campaigns",
    ),
    Metric(
        "cpm_micros",
        "CPM",
        "money",
        "Spend per 1,000 impressions delivered.",
        "io_bookings, campaign_days",
        direction="down",
        numerator="spend_micros",
        denominator="impressions",
        group="Campaigns",
    ),
    Metric(
        "cost_per_conversion_micros",
        "Cost per conversion",
        "money",
        "Spend divided by conversions, with a 95 % interval: spend is known, the number of conversions is a Poisson "
        "count (Byar's interval).",
        "io_bookings, campaign_days, attribution_analytics",
        rests_on_conversions=True,
        direction="down",
        numerator="spend_micros",
        denominator="conversions",
        group="Campaigns",
    ),
    Metric(
        "revenue_micros",
        "Revenue",
        "money",
        "Order value that conversions carried, in their own currency; only orders in the campaign's "
        "currency are shown with it.",
        "attribution_analytics (from attribution_paths)",
        adds_over=("time", "campaigns of one currency"),
        group="Campaigns",
    ),
    Metric(
        "return_on_ad_spend",
        "Return on ad spend",
        "times",
        "Revenue divided by spend, both in the campaign's currency, with a 95 % interval: revenue is the sum of so "
        "many orders, so its variance is the sum of their amounts squared. Not told where leads carry no amount.",
        "io_bookings, attribution_analytics, attribution_paths",
        rests_on_conversions=True,
        numerator="revenue_micros",
        denominator="spend_micros",
        group="Campaigns",
    ),
    Metric(
        "first_touch_credit",
        "First touch",
        "number",
        "The conversion goes to the show and episode of the first impression or visit inside the window before it.",
        "attribution_analytics",
        adds_over=("time", "campaigns"),
        group="Attribution",
    ),
    Metric(
        "last_touch_credit",
        "Last touch",
        "number",
        "The conversion goes to the show and episode of the last impression or visit inside the window before it.",
        "attribution_analytics",
        adds_over=("time", "campaigns"),
        group="Attribution",
    ),
    Metric(
        "linear_credit",
        "Linear",
        "number",
        "The conversion is split evenly over all impressions and visits inside the window before it.",
        "attribution_analytics",
        adds_over=("time", "campaigns"),
        group="Attribution",
    ),
    Metric(
        "linear_share",
        "Linear share",
        "ratio",
        "Linear credit divided by all conversions of the period that had an impression or visit inside the window.",
        "attribution_analytics",
        adds_over=("channels",),
        rests_on_conversions=True,
        group="Attribution",
    ),
)

METRICS: dict[str, Metric] = {metric.key: metric for metric in _ALL}


def metric(key: str) -> Metric:
    """The registry entry; KeyError for an unknown key."""
    return METRICS[key]
