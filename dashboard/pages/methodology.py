"""Methodology: what each number means, straight from the registry."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext

from dash import html
from dash.development.base_component import Component

from dashboard.access import Viewer
from dashboard.components.frame import page_header
from dashboard.pages import Page
from dashboard.shown import places_of
from queries.data_centres import data_centres
from queries.ingest.cells import LARGEST_AMOUNT
from queries.ingest.plausible import AHEAD_MINUTES
from queries.metrics import ENOUGH_CONVERSIONS, METRICS, RULE_VERSION, Metric, formula_words
from queries.scenarios import SCENARIOS, Scenario
from queries.session import tenant_session
from queries.small_cells import SMALL, SMALL_CELL, WITHHELD
from reports.documents.words import data_centres_words

_FILTERED_OUT = "What is filtered out"
_DIFFER = "Why two screens may differ"

_UNITS = {
    "count": "whole number",
    "ratio": "share, 0 to 100 %",
    "number": "number",
    "money": "money, one currency at a time",
    "seconds": "time",
    "times": "how many times over",
}

_RELATIONS = {
    "ad_units": "where ads stand in episodes",
    "attribution_analytics": "credit of each show and episode",
    "attribution_events": "impressions, visits and conversions as reported",
    "attribution_paths": "what each listener met before a conversion",
    "campaign_days": "what each campaign delivered per day",
    "campaign_impressions": "impressions, each with app, country and device of its download",
    "campaign_listener_days": "whom each campaign reached per day",
    "campaigns": "the campaigns themselves",
    "download_days": "downloads per day",
    "download_quarters": "downloads per quarter of an hour",
    "episode_days": "downloads of each episode per day",
    "episode_milestones": "the first days of each episode",
    "excluded_days": "refused requests per day and reason",
    "excluded_requests": "requests that were refused, with their reason",
    "io_bookings": "insertion orders",
    "listener_days": "one row per listener, day and episode",
    "listener_events": "downloads and plays as reported",
    "listener_metrics": "what apps reported of each listener",
    "metrics_daily": "plays of each episode per day",
    "retention_curves": "curves as platforms told them",
}
"""What a reader understands by each relation that a metric names as its source."""

_RULES = (
    (
        "Days and zones",
        "A day is a day of your organisation's time zone, named beside your name, on a phone in the menu behind it, in "
        "each row of a CSV beside the period and as of when it is true, and on every PDF. Where clocks change a day "
        "has 23 or 25 hours. Everything that a page, a CSV or a PDF shows is in your zone.",
    ),
    (
        "Periods",
        "Only whole days are compared. Rolling periods end yesterday; of a period that goes on today, the "
        "days up to yesterday are compared, with as many days just before or the same days a year ago, and "
        "the page says through which day. What today has brought so far is shown and not compared. A change "
        "against zero is left empty, and so is one against a time before the first download of these podcasts, "
        "or before the campaign's first day. Days, weeks and months that are not over, or of which the period "
        "holds a part only, are drawn hatched.",
    ),
    (
        "Changes",
        "Amounts change by percent of what they were. Shares and rates (completion, conversion rate) change by "
        "percentage points, written “pp”: from 45.4 % to 41.2 % is −4.2 pp, on the page, in the CSV (a column of its "
        "own) and in the PDF alike.",
    ),
    (
        "Digits",
        "Counts are whole. Shares, rates and changes have one decimal, two where a rate and its interval lie under "
        "1 %; credit, frequency and returns have one. Money has its currency’s digits; the amounts in one row of key "
        "figures are written alike, whole from 10,000 on and in thousands or millions from 10 million on. A CSV holds "
        "ratios to six places and money to the cent.",
    ),
    (
        _FILTERED_OUT,
        "Access logs and the enclosure prefix are judged here by the rules of IAB 2.3: bots, preloads, requests that "
        "name no app, the same listener's repeated requests, in a log also whatever delivered less than a minute, and "
        "data centres and VPNs where the installation has a list of them, by network or AS number. Where nobody knows "
        "how many bytes were sent, as at the prefix, which only redirects, a request counts and its download is "
        "labelled so: “why this number” and the reports of podcasts tell how many of a view's downloads are. Each "
        "request refused for an episode keeps its reason. Events that a host, a platform or the API sends carry no "
        "addresses and were filtered by whoever counted them. Imports refuse what cannot be read, is too old (raw "
        f"events are kept two years) or lies more than {AHEAD_MINUTES} minutes in the future, line by line: as far "
        "may the clock of a source run ahead, and Freshness tells no data later than now. Two certified measurers "
        "may differ by 5 %.",
    ),
    (
        "What cannot have been",
        "A position in an episode (where progress ends, a point of a platform's curve, a cue of a transcript) is "
        "refused when it lies beyond twice the length that the feed tells and more than ten minutes past its end, in "
        "files and through the API alike: ads that are put in make an episode longer, but not by so much. An episode "
        "of unknown length is not judged, nor one whose file is too large for the length it tells. What happened "
        "before the day of publication is taken: the date in a feed moves when an episode is published again or "
        "planned anew, and apps of subscribers have an episode early, so that true events would be lost. Only a "
        "curve, whose day somebody names for a whole file, is refused when that lies more than a day before. An order "
        f"of more than {LARGEST_AMOUNT:,} of its currency is refused, by pixel, file and API alike.",
    ),
    (
        "Once per window",
        "A listener's requests for an episode, for whichever of its files (a minute is one of a single file, to which "
        "bytes of another, by more than a tenth larger or smaller, add nothing), "
        "are one download within a window: the calendar day of your "
        "organisation's zone, or 24 hours from the first or from the last request, where it chose so. The window is "
        "applied when a download comes in, from a log, the enclosure prefix, a file of events or the API alike, does "
        "not change with the zone of a view, and is stored with the download, together with the version of the rules "
        "and with who filtered data centres. A request that comes late counts as if it had come in order of time: of a "
        "calendar day the earliest request that is enough by itself is the download, and one that stood gives way to "
        "it, with its ads; windows of 24 hours may begin elsewhere then, so that on days counted already a download "
        "becomes a repeat, or a repeat a download, and its ads with it. Parts of a file that come late move no "
        "download of a calendar day, and of a log, the enclosure prefix and files of events none gives way to what "
        "another tells of the same listener. Another window holds for what comes "
        "in from then on: what was counted stays counted, and what was refused stays refused. A download of "
        "before holds the 24 hours after it where those are the window now, and takes no more pieces; where "
        "days are, the next day is another one. “Why this number” and reports tell by which windows and "
        "rules the downloads of a period were counted, and where it mixes several. Whatever a window "
        "refuses is kept with its reason, of all four alike.",
    ),
    (
        "Ads delivered",
        "An ad counts once in a valid download on a day of its campaign's flight, when all its bytes were sent: the "
        "pieces of a window are put together, and what comes later delivers the ads in it to the same download. "
        "Which bytes they are follows from the ad's second and length, as if the sound were spread evenly over the "
        "file behind its header. A baked-in ad also needs as much of the file as the quarters up to its end: in the "
        "first, a quarter. Where the ad's place in the file is not known, or a log does not tell which bytes were "
        "asked for, only the whole file delivers it. The enclosure prefix, which only redirects, and downloads that "
        "others counted (event files, the API) tell no bytes: their ads count with the download, and such "
        "impressions are marked in the data. Those made before bytes were asked for stand as they were, unmarked. How "
        "many impressions of a view are of downloads of the prefix, or of logs without bytes, “why this number” tells.",
    ),
    (
        "Retention curves of platforms",
        "A curve that a platform aggregated is kept as told: listeners or plays at each place, which may rise, with "
        "their maximum as the whole, or the platform's own share. It says which platform and which day it is of, and "
        "no number here is counted from it.",
    ),
    (
        "Unique listeners and reach",
        "Counted exactly for the chosen days from one row per listener, day and episode, never by adding "
        "days, and never estimated. Unique listeners are told of periods whose first day has these rows still: they "
        "are kept for as long as your organisation says, three years unless told otherwise, and forgotten then. By "
        "app, country or device unique listeners are counted from raw events, no further back than that, and two "
        "years at most. Raw events keep the id of their listener (keyed, or as a source gave it) for two years, even "
        "where the rows are forgotten sooner. Impressions, visits and conversions keep theirs as long as they stand, "
        "and so it is known whom a campaign reached on which day: reach does not end with unique listeners.",
    ),
    (
        "Reach by show, episode, app, country and device",
        "Impressions, reach and frequency of a campaign are counted anew for whatever its page is filtered by. Show "
        "and episode are those that carry its ads. App, country and device are those of the download in which an ad "
        "was delivered, found by its episode, listener and moment; an impression that a host told by itself has them "
        "as “unknown”. They are known as long as raw events are kept, two years. Visits, conversions, spend and their "
        "rates are not known of a part of a campaign, and say so; a box that a filter does not narrow says that too. "
        f"Filtered by app, country or device the three are not told where they would be of fewer than {SMALL_CELL} "
        "people, nor where so few are left when they are subtracted from the same view without a filter, nor where "
        "one of several chosen values reached so few, or so few whom no other one reached. What is compared follows "
        "the same rule, and days are not told one by one. A show or an episode in a list under such a filter is told "
        "where the view of it alone would be, and the next larger row is withheld too where one that is not told "
        "could be worked out from the total. Of all campaigns that somebody sees together they are told so where each "
        "campaign alone could be, and where neither it nor the others without it leave so few; they are compared with "
        "nothing then.",
    ),
    (
        "Few people in an app, country or device",
        "A breakdown by app, country or type of device, and a view filtered by one, does not tell how many there "
        f"are where there are fewer than {SMALL_CELL} listeners. It counts downloads, and as every listener has at "
        f"least one, up to {SMALL_CELL - 1} downloads would tell it: they are shown as “{SMALL}”, without a share or "
        "a change, in the page, the CSV and the PDF alike. Where a count could be worked out from the total and the "
        f"others, the next larger row is “{WITHHELD}” too, and wherever else it stands: in the breakdowns of a view "
        f"filtered by it, and in a view filtered down to it, which is not told either. From {SMALL_CELL} downloads "
        "on a count of downloads is shown otherwise: it does not say how many people made it. Unique listeners of a "
        "view with a filter are judged by themselves as well: they are not told where an app, a country or a device "
        f"in it, or what its filter leaves out, has fewer than {SMALL_CELL} of them, or as few who are heard nowhere "
        "else, nor in the next larger one beside it. Under a filter by app, country or device the days of a trend "
        "and the episodes are such counts too. Without one totals, days, episodes and reach are always told. Views "
        "of other days, podcasts and episodes can still be compared with each other: what one does not tell may "
        "follow from those.",
    ),
    (
        "First days of an episode",
        "The first 1, 3, 7 and 30 days are told once there is data of all of them. They are “not complete yet” "
        "until their time is over and a source that brings downloads of this podcast has reached their end: with a "
        "later event, or a later request in an access log or at a prefix, whether it counts or not, even for another "
        "podcast. Of several sources the one that goes furthest decides. Of a podcast of which nothing came in since "
        "podboard keeps which sources bring it, any source of your organisation decides. Days missing in between are "
        "not looked for. They are “not known” where "
        "the data of the podcast, its first download, begins after the episode was published: what came before is "
        "missing, and a small number would look like a bad start. Before the first episode of a podcast there is "
        "nothing to download; of it they are known if the first download came within an hour. What comes later "
        "changes both: first days are counted again when downloads of them come late.",
    ),
    (
        "Pacing",
        "Delivered divided by what was booked and should have been delivered by the end of the data: the last download "
        "or impression that podboard has of your organisation, if that is before now. Forecast and expected shortfall "
        "go by the same clock, which is said beside them, so that they change with the data and not with the hour. "
        "Whether a flight has begun or ended goes by the calendar.",
    ),
    (
        "Attribution",
        "A conversion counts once: several reports with one order number are one; without an order "
        "number, the same listener and amount within 24 hours is one. Anonymous reports without an order "
        "number are not counted. Touches are impressions and visits of the same campaign and listener "
        "inside the window (30 days unless said otherwise); of touches at the same moment the same one "
        "always comes first. First touch, last touch and linear are kept per day for windows of 7, 14, 30 and 60 days; "
        "the other models are worked out for the period asked for.",
    ),
    (
        "Too little data",
        f"Rates that rest on conversions (conversion rate, cost per conversion, return on ad spend, shares of credit) "
        f"are shown from {ENOUGH_CONVERSIONS} conversions on, with a 95 % interval beside them; below, the page, the "
        "CSV and the PDF show “–” and say so, and shows and episodes are not compared. A change of conversions, "
        "revenue or such a rate is told only where both sides have as many. The counts themselves always stand.",
    ),
    (
        "Where a number stands",
        "Each number names the pages that show it, with their boxes: drawn there or in the CSV that the box offers. "
        "One that no page shows yet is worked out all the same, and held against a second calculation like the rest.",
    ),
    (
        "As of",
        "Events are counted within about a minute. Each page says as of when its numbers are; if a job "
        "stands still, the page says since when.",
    ),
)


def _entry(metric: Metric) -> Component:
    facts = [
        ("Unit", _UNITS[metric.unit]),
        *([("Change", "in percentage points")] if metric.changes_in_points else []),
        ("Adds up over", ", ".join(metric.adds_over) or "nothing: never summed"),
        ("Without a value", f"“{metric.empty}”"),
        ("Shown on", places_of(metric.key) or "no page yet"),
        ("Read from", _read_from(metric.source)),
    ]
    if formula := formula_words(metric):
        facts.insert(1, ("Formula", formula))
    return html.Section(
        [
            html.H3(metric.label),
            html.P(metric.meaning),
            html.Dl(
                [part for name, value in facts for part in (html.Dt(name), html.Dd(value))],
                className="definition__facts",
            ),
        ],
        id=metric.key,
        className="definition",
    )


def relations_of(source: str) -> list[str]:
    """The relations that a metric's source names, in its order."""
    return list(dict.fromkeys(name for name in re.findall(r"[a-z_]+", source) if name in _RELATIONS))


def _read_from(source: str) -> list[Component]:
    """The sources in words, and small behind them how they are called in the database."""
    names = relations_of(source)
    said = "; ".join(_RELATIONS[name] for name in names)
    return [
        html.Span(said[:1].upper() + said[1:]),
        html.Code(", ".join(names), className="definition__source"),
    ]


def _scenario(scenario: Scenario) -> Component:
    """A question, what happened, what the two screens show of it, and why."""
    return html.Section(
        [
            html.H3(scenario.question),
            html.Ul(
                [html.Li([html.Span(one.when), html.Div(one.words)]) for one in scenario.happenings],
                className="scenario__story",
            ),
            html.Dl(
                [part for side in scenario.sides for part in (html.Dt(side.screen), html.Dd(side.value))],
                className="scenario__sides",
            ),
            html.P(scenario.reason),
        ],
        id=scenario.key,
        className="definition scenario",
    )


def _rule(name: str, text: str, viewer: Viewer) -> Component:
    """A rule; that of what is filtered out also says whether this installation has a list of data centres."""
    here = []
    if name == _FILTERED_OUT:
        with nullcontext() if viewer.actor.tenant_id is None else tenant_session(viewer.actor) as connection:
            here = [
                html.P(
                    f"Data centres and VPNs in this installation: {data_centres_words(data_centres(connection))}."
                )
            ]
    return html.Div([html.H3(name), html.P(text), *here], className="definition")


def _contents(groups: Mapping[str, Sequence[Metric]]) -> Component:
    """What the page holds, beside it where there is room."""
    parts: list[Component] = [html.A("Rules for every number", href="#rules", className="contents__group")]
    for group, metrics in groups.items():
        parts.append(html.A(group, href=f"#{group.lower()}", className="contents__group"))
        parts += [html.A(metric.label, href=f"#{metric.key}") for metric in metrics]
    parts.append(html.A(_DIFFER, href="#differ", className="contents__group"))
    return html.Nav(parts, className="contents", **{"aria-label": "On this page"})


def _body(viewer: Viewer, parts: dict[str, str]) -> list[Component]:
    groups: dict[str, list[Metric]] = {}
    for metric in METRICS.values():
        groups.setdefault(metric.group, []).append(metric)
    return [
        page_header(
            "Methodology",
            "What each number means, where it comes from and what it may be added over.",
            as_of=f"Counting rules, version {RULE_VERSION}",
        ),
        html.Div(
            [
                html.Div(
                    [
                        html.Section(
                            [
                                html.H2("Rules for every number", id="rules"),
                                *[_rule(name, text, viewer) for name, text in _RULES],
                            ]
                        ),
                        *[
                            html.Section([html.H2(group, id=group.lower()), *map(_entry, metrics)])
                            for group, metrics in groups.items()
                        ],
                        html.Section(
                            [
                                html.H2(_DIFFER, id="differ"),
                                html.P(
                                    "Both numbers of each of these small stories are right. They are what podboard "
                                    "shows when just this happens."
                                ),
                                *map(_scenario, SCENARIOS),
                            ]
                        ),
                    ],
                    className="prose",
                ),
                _contents(groups),
            ],
            className="with-contents",
        ),
    ]


PAGE = Page(
    path="/methodology",
    title="Methodology",
    nav="Methodology",
    group="Help",
    icon="method",
    order=90,
    body=_body,
)
