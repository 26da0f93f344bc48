"""Transcripts of some episodes: each holds the ad its host read out, with its code, where the ad unit stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from schema.demo.ads import AdUnit
from schema.demo.material import Material
from schema.demo.speech import voice_of

WORDS_PER_SECOND = 2.45
EPISODES_OF_A_SHOW = 2
# Below this a campaign has been delivered badly, and one of its hosts forgot the code.
_POOR_DELIVERY = 0.9


@dataclass(frozen=True, slots=True)
class Transcript:
    """What is said in an episode (by index), and where: second and position in the text of each paragraph."""

    episode: int
    content: str
    cues: tuple[tuple[int, int], ...]
    ad: AdUnit | None
    quote: str
    has_code: bool


def transcripts_of(material: Material) -> list[Transcript]:
    """The newest episodes with a host's ad of each campaign and show, and the newest of each show."""
    chosen = _chosen(material)
    first: dict[int, int] = {}
    for ad in chosen.values():
        if ad is not None:
            first[ad.campaign] = min(first.get(ad.campaign, ad.episode), ad.episode)
    return [
        _transcribe(material, episode, ad, ad is not None and first[ad.campaign] == episode)
        for episode, ad in sorted(chosen.items())
    ]


def transcripts(material: Material) -> dict[str, list[dict[str, object]]]:
    """Transcripts, a day after the episode was out; the first of them lies where the feed says."""
    episode_ids = material.episode_ids()
    languages = {show.slug: show.language for show in material.plan.shows}
    records: list[dict[str, object]] = []
    for transcript in transcripts_of(material):
        episode = material.episodes[transcript.episode]
        random = np.random.default_rng([material.seed, transcript.episode, 61])
        written = material.calendar.at(episode.published_day, episode.publish_minute)
        records.append(
            {
                "id": material.id(f"transcript/{episode.show}/{episode.number}"),
                "tenant_id": material.tenant_id, "episode_id": episode_ids[transcript.episode],
                "content": transcript.content, "language": languages[episode.show],
                "confidence_score": round(float(random.uniform(0.87, 0.975)), 3),
                "cues": json.dumps([{"s": second, "at": at} for second, at in transcript.cues]),
                "created_at": max(written, material.calendar.at(0, 9 * 60)),
            }
        )  # fmt: skip
    # The demo's addresses lead nowhere, so the next try is far off.
    links: list[dict[str, object]] = [
        {
            "tenant_id": material.tenant_id, "episode_id": record["episode_id"], "format": "vtt",
            "url": f"https://{material.plan.slug}.example/transcripts/{number}.vtt", "language": record["language"],
            "tried_at": record["created_at"], "succeeded_at": record["created_at"],
            "next_try_at": material.calendar.at(material.calendar.length + 3650, 0), "created_at": record["created_at"],
        }
        for number, record in enumerate(records[:2])
    ]  # fmt: skip
    for record in records[:2]:
        record["source"] = "feed"
    for record in records[2:]:
        record["source"] = "file"
    return {"transcripts": records, "transcript_links": links}


def _chosen(material: Material) -> dict[int, AdUnit | None]:
    """Episodes with the host's ad that is in them now, if there is one."""
    newest: dict[str, int] = {}
    for index, episode in enumerate(material.episodes):
        if episode.published_day < material.calendar.length:
            newest[episode.show] = index
    # An episode keeps its last host's ad: a later flight replaced the one before.
    last: dict[int, AdUnit] = {}
    for unit in material.ads.units:
        if unit.unit_type == "host_read":
            before = last.get(unit.episode)
            if before is None or _start(material, before) < _start(material, unit):
                last[unit.episode] = unit
    by_flight: dict[tuple[int, str], list[AdUnit]] = {}
    for unit in last.values():
        by_flight.setdefault((unit.campaign, material.episodes[unit.episode].show), []).append(unit)
    chosen: dict[int, AdUnit | None] = {episode: last.get(episode) for episode in newest.values()}
    for units in by_flight.values():
        units.sort(key=lambda u: material.episodes[u.episode].published_day, reverse=True)
        chosen.update((unit.episode, unit) for unit in units[:EPISODES_OF_A_SHOW])
    return chosen


def _start(material: Material, unit: AdUnit) -> int:
    return material.plan.campaigns[unit.campaign].start


def _transcribe(material: Material, index: int, ad: AdUnit | None, is_first: bool) -> Transcript:
    episode = material.episodes[index]
    show = next(s for s in material.plan.shows if s.slug == episode.show)
    voice, random = voice_of(show.language), np.random.default_rng([material.seed, index, 60])
    sentences = voice.sentences(random)
    names = {"show": show.name, "host": show.author, "topic": episode.title}
    paragraphs: list[tuple[int, str]] = []
    quote, has_code = "", False
    spoken = 0.0

    def say(text: str) -> None:
        nonlocal spoken
        paragraphs.append((int(spoken), text))
        spoken += len(text.split()) / WORDS_PER_SECOND

    say(voice.opening.format(**names))
    if ad is not None:
        _talk(sentences, paragraphs, spoken, ad.position, random)
        campaign = material.plan.campaigns[ad.campaign]
        has_code = not (campaign.delivery < _POOR_DELIVERY and is_first)
        booking = campaign.bookings[0]
        sponsor = next(s.name for s in material.plan.sponsors if s.slug == campaign.sponsor)
        quote = voice.read_out(
            sponsor, campaign.name, booking.vanity, booking.code if has_code else None, random
        )
        spoken = float(ad.position)
        say(quote)
        spoken = max(spoken, float(ad.position + ad.duration))
    closing = voice.closing.format(**names)
    end = episode.seconds - len(closing.split()) / WORDS_PER_SECOND
    _talk(sentences, paragraphs, spoken, int(end), random)
    paragraphs.append((int(max(spoken, end)), closing))

    content, cues = "", []
    for second, text in paragraphs:
        content += "\n\n" if content else ""
        cues.append((second, len(content)))
        content += text
    return Transcript(index, content, tuple(cues), ad, quote, has_code)


def _talk(
    sentences: Iterator[str], paragraphs: list[tuple[int, str]], start: float, end: int, random: np.random.Generator
) -> None:  # fmt: skip
    """Adds paragraphs of talk from second `start` that end before second `end`."""
    at = start
    while True:
        text = " ".join(islice(sentences, int(random.integers(3, 7))))
        length = len(text.split()) / WORDS_PER_SECOND
        if at + length > end:
            return
        paragraphs.append((int(at), text))
        at += length + float(random.uniform(0.3, 1.5))
