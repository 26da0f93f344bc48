"""Listening: what each number means."""

from __future__ import annotations

from queries.metric_entries.entry import Metric

_TIME_AND_CONTENT = ("time", "episodes", "countries", "apps")

LISTENING = (
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
        "of days: somebody who listens on three days is one listener. Counted exactly, from one row for each listener, "
        "day and episode: nothing is estimated, so the same question has the same answer to the last listener. "
        "No estimate of listeners is kept or shown anywhere. A sketch, which podboard does not use (HyperLogLog with "
        "16,384 registers), would put two of three answers within 0.81 % of the truth and 19 of 20 within 1.6 %: of "
        "100,000 listeners that is 810 and 1,600 more or fewer. "
        "Fewer than 5 of one app, country or device are not told.",
        "listener_days (one row per listener, day and episode); raw listener_events when filtered "
        "by app, country or device",
    ),
    Metric(
        "first_1_day_downloads",
        "First day",
        "count",
        "Downloads in exactly 24 hours from the moment of publication; not shown before the 24 hours are "
        "over and the data reaches their end, nor where it begins after publication.",
        "episode_milestones",
        adds_over=("episodes, when all are complete",),
    ),
    Metric(
        "first_3_day_downloads",
        "First 3 days",
        "count",
        "Downloads in exactly 72 hours from the moment of publication; not shown before the 72 hours are "
        "over and the data reaches their end, nor where it begins after publication.",
        "episode_milestones",
        adds_over=("episodes, when all are complete",),
    ),
    Metric(
        "first_7_day_downloads",
        "First 7 days",
        "count",
        "Downloads in exactly 168 hours from the moment of publication; not shown before the 168 hours are "
        "over and the data reaches their end, nor where it begins after publication.",
        "episode_milestones",
        adds_over=("episodes, when all are complete",),
    ),
    Metric(
        "first_30_day_downloads",
        "First 30 days",
        "count",
        "Downloads in exactly 720 hours from the moment of publication; not shown before the 720 hours are "
        "over and the data reaches their end, nor where it begins after publication.",
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
        "consumption_ratio",
        "Still listening",
        "ratio",
        "Of the plays that started in the period the share that got to a second of the episode, so it falls only. A "
        "play is what one listener heard from a start to the next, within 24 hours; one heard to the end got "
        "everywhere. Starts and completes are shown with it.",
        "listener_events",
        formula="Plays that got to the second / Plays that started",
    ),
    Metric(
        "platform_retention_ratio",
        "Still listening, told by a platform",
        "ratio",
        "Listeners or plays at a place of the episode, as a platform aggregated them, divided by the curve's maximum. "
        "It may rise: somebody joins late or hears a part again. A platform's own share is kept as told.",
        "retention_curves",
        formula="Listeners or plays at the place / The most at any place of the curve",
    ),
    Metric(
        "ad_plays",
        "Ad plays",
        "count",
        "Ads that an app confirmed as heard: one for each listener, ad and day. Not the ads delivered: only apps that "
        "report playback are in it.",
        "listener_events",
        adds_over=("time", "episodes", "ad units"),
    ),
    Metric(
        "ad_plays_quarter",
        "Ad plays to a quarter",
        "count",
        "Ad plays in which the listener got through the first quarter of the ad: the furthest of the day counts.",
        "listener_events",
        adds_over=("time", "episodes", "ad units"),
    ),
    Metric(
        "ad_plays_half",
        "Ad plays to the middle",
        "count",
        "Ad plays in which the listener got through the first half of the ad.",
        "listener_events",
        adds_over=("time", "episodes", "ad units"),
    ),
    Metric(
        "ad_plays_three_quarters",
        "Ad plays to three quarters",
        "count",
        "Ad plays in which the listener got through three quarters of the ad.",
        "listener_events",
        adds_over=("time", "episodes", "ad units"),
    ),
    Metric(
        "ad_plays_completed",
        "Ad plays to the end",
        "count",
        "Ad plays in which the listener heard the ad to its end.",
        "listener_events",
        adds_over=("time", "episodes", "ad units"),
    ),
    Metric(
        "ad_completion_ratio",
        "Ads heard out",
        "ratio",
        "Ad plays to the end divided by all ad plays of the same period and ads.",
        "listener_events",
        numerator="ad_plays_completed",
        denominator="ad_plays",
    ),
    Metric(
        "shared_listeners",
        "Shared listeners",
        "count",
        "Different listeners who downloaded two podcasts in exactly the chosen period. Never a sum: somebody who "
        "hears three is shared by each pair of them.",
        "listener_days",
        direction="neutral",
    ),
    Metric(
        "overlap_ratio",
        "Overlap",
        "ratio",
        "Shared listeners divided by the listeners of the first of the two podcasts.",
        "listener_days",
        direction="neutral",
        numerator="shared_listeners",
        denominator="unique_listeners",
    ),
    Metric(
        "excluded_requests",
        "Requests not counted",
        "count",
        "Requests for an episode that were refused, each with one reason: the first rule that it failed.",
        "excluded_days (from excluded_requests); excluded_requests when filtered by episode",
        direction="neutral",
        adds_over=("time", "episodes", "reasons"),
    ),
)
