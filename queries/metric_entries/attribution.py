"""Attribution: what each number means."""

from __future__ import annotations

from queries.metric_entries.entry import Metric

ATTRIBUTION = (
    Metric(
        "first_touch_credit",
        "First touch",
        "number",
        "The conversion goes to the show and episode of the first impression or visit inside the window before it.",
        "attribution_analytics",
        adds_over=("time", "campaigns", "shows", "episodes"),
        group="Attribution",
    ),
    Metric(
        "last_touch_credit",
        "Last touch",
        "number",
        "The conversion goes to the show and episode of the last impression or visit inside the window before it.",
        "attribution_analytics",
        adds_over=("time", "campaigns", "shows", "episodes"),
        group="Attribution",
    ),
    Metric(
        "linear_credit",
        "Linear",
        "number",
        "The conversion is split evenly over all impressions and visits inside the window before it.",
        "attribution_analytics",
        adds_over=("time", "campaigns", "shows", "episodes"),
        group="Attribution",
    ),
    Metric(
        "position_credit",
        "Position 40/20/40",
        "number",
        "Of the conversion 40 % go to the first impression or visit inside the window before it, 40 % to the last and "
        "20 % evenly to those between. Of two each has half.",
        "attribution_paths",
        adds_over=("time", "campaigns", "shows", "episodes"),
        group="Attribution",
    ),
    Metric(
        "time_decay_credit",
        "Time decay",
        "number",
        "The conversion is split over all impressions and visits inside the window before it, each counting half as "
        "much for every 7 days that it lies further back.",
        "attribution_paths",
        adds_over=("time", "campaigns", "shows", "episodes"),
        group="Attribution",
    ),
    Metric(
        "shapley_credit",
        "Shapley",
        "number",
        "The conversion is split evenly over the different channels inside the window before it, however often each "
        "was met. That is Shapley's value of the set game, in which a path converts with all its channels and with "
        "fewer not.",
        "attribution_paths",
        adds_over=("time", "campaigns", "channels"),
        group="Attribution",
    ),
    Metric(
        "markov_credit",
        "Markov",
        "number",
        "The conversions of the period are split in proportion to each channel's removal effect. Chain of order 1, "
        "solved exactly, with the paths that did not convert: a listener's impressions and visits since their last "
        "conversion, closed when the window has passed after the latest of them. Another period is another chain.",
        "attribution_paths, attribution_events",
        adds_over=("channels",),
        group="Attribution",
    ),
    Metric(
        "removal_effect",
        "Removal effect",
        "ratio",
        "The share of conversions that a Markov chain of order 1 of the period's paths would lose if everybody who "
        "comes to the channel left there. Effects of several channels overlap.",
        "attribution_paths, attribution_events",
        formula="(Chance of a conversion − Chance without the channel) / Chance of a conversion",
        rests_on_conversions=True,
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
        numerator="linear_credit",
        denominator="conversions",
        formula="Linear / Conversions that had an impression or visit inside the window",
        group="Attribution",
    ),
)
