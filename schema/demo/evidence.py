"""What came with the demo's conversions, and how they fared in the checks: each result follows from the events."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from schema.demo.ads import Response
from schema.demo.calendar import DAY_MS
from schema.demo.marks import is_story
from schema.demo.material import Material
from schema.demo.rows import event_ids
from schema.demo.transcripts import transcripts_of

# The newest of a tenant: all there are of one that is looked at, a few of a large one.
CONVERSIONS = 500
CONVERSIONS_OF_A_LARGE_ONE = 60
VISITS_PER_TRANSCRIPT = 12
_WINDOW_MS = 60 * DAY_MS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_Result = tuple[str, bool, dict[str, object]]


def evidence(material: Material) -> dict[str, list[dict[str, object]]]:
    """Metadata of the newest conversions, validations of them, and of visits after ads that a transcript shows."""
    ids = _ids(material)
    campaign_ids = material.campaign_ids()
    conversions = [n for n, r in enumerate(material.responses) if r.kind in ("lead", "purchase")]
    newest = conversions[-(CONVERSIONS if is_story(material) else CONVERSIONS_OF_A_LARGE_ONE) :]
    metadata: list[dict[str, object]] = []
    validations: list[dict[str, object]] = []

    def validated(number: int, result: _Result) -> None:
        kind, passed, details = result
        response = material.responses[number]
        validations.append(
            {
                "id": material.id(f"validation/{ids[number]}/{kind}"), "tenant_id": material.tenant_id,
                "attribution_event_id": ids[number], "event_occurred_at": _moment(response.at),
                "campaign_id": campaign_ids[response.campaign], "validation_type": kind, "passed": passed,
                "details": json.dumps(details), "created_at": _moment(response.at) + timedelta(minutes=50),
            }
        )  # fmt: skip

    checks = _Checks(material)
    random = np.random.default_rng([material.seed, 62])
    for number in newest:
        response = material.responses[number]
        metadata.append(
            {
                "tenant_id": material.tenant_id, "event_id": ids[number],
                "event_occurred_at": _moment(response.at), "campaign_id": campaign_ids[response.campaign],
                "metadata": json.dumps(_told(material, response, random)),
                "created_at": _moment(response.at) + timedelta(minutes=1),
            }
        )  # fmt: skip
        for result in checks.of(number, response, random):
            validated(number, result)
    for number, result in _aired(material):
        validated(number, result)
    return {"attribution_event_metadata": metadata, "attribution_validations": validations}


def _ids(material: Material) -> list[uuid.UUID]:
    """The ids under which `rows.response_lines` writes the responses."""
    at = np.array([r.at for r in material.responses], dtype=np.int64)
    made = event_ids(at, np.random.default_rng([material.seed, 33]))
    return [uuid.UUID(hex=text.decode()) for text in made]


def _moment(at: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=at)


def _told(material: Material, response: Response, random: np.random.Generator) -> dict[str, object]:
    """What the source told beside what is counted."""
    campaign = material.plan.campaigns[response.campaign]
    source = json.loads(response.data)["source"]
    told: dict[str, object] = {}
    if source == "survey":
        shows = [
            show.name for show in material.plan.shows for p in campaign.placements if p.show == show.slug
        ]
        told["answer"] = f"I heard it on {shows[int(random.integers(len(shows)))]}"
        return told
    if source in ("pixel", "vanity_url"):
        told["landing_page"] = (
            "/" + campaign.bookings[0].vanity.rsplit("/", 1)[-1] if source == "vanity_url" else "/thanks"
        )
        told["device"] = str(random.choice(["phone", "computer", "tablet"], p=[0.64, 0.31, 0.05]))
    if source == "pixel":
        told |= {"utm_source": "podcast", "utm_medium": "audio", "utm_campaign": campaign.slug}
    if response.kind == "purchase":
        told["items"] = 1 + int(random.poisson(0.3))
    told["new_customer"] = bool(random.random() < 0.83)
    return told  # fmt: skip


class _Checks:
    """The checks of a conversion, each against the tenant's own events."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.listeners = {name: number for number, name in enumerate(material.audience.ids.tolist())}
        units = np.array([u.campaign for u in material.ads.units] or [0])
        self.campaign_of = (
            units[material.impressions.unit]
            if len(material.impressions.unit)
            else np.zeros(0, dtype=np.int64)
        )
        self.first_told: dict[str, int] = {}
        for number, response in enumerate(material.responses):
            order = json.loads(response.data).get("order_id")
            if order is not None:
                self.first_told.setdefault(order, number)

    def of(self, number: int, response: Response, random: np.random.Generator) -> Iterator[_Result]:
        """The results of one conversion; a check that has nothing to look at gives none."""
        data = json.loads(response.data)
        campaign = self.material.plan.campaigns[response.campaign]
        if response.listener is not None:
            known = self.listeners.get(response.listener.encode())
            yield _result("known_listener", known is not None, "no download of this listener")
            if known is not None:
                yield self._window(response, known)
        if "order_id" in data:
            first = self.first_told[data["order_id"]]
            earlier = json.loads(self.material.responses[first].data)["source"]
            yield _result("unique_order", first == number, f"{data['order_id']} was told before by {earlier}")
        if "promo_code" in data:
            codes = [b.code for b in campaign.bookings]
            yield _result(
                "promo_code", data["promo_code"] in codes, "a code of nobody", found=data["promo_code"]
            )
        yield _result(
            "not_a_bot", bool(random.random() > 0.013), "twelve events in a second from one network"
        )

    def _window(self, response: Response, listener: int) -> _Result:
        impressions = self.material.impressions
        mine = (impressions.listener == listener) & (self.campaign_of == response.campaign)
        before = impressions.at[mine & (impressions.at <= response.at)]
        if not len(before):
            return _result("inside_window", False, "no ad of the campaign before it")
        days = (response.at - int(before[-1])) // DAY_MS
        return _result(
            "inside_window", response.at - int(before[-1]) <= _WINDOW_MS, "too long after the last ad",
            expected="60 days", found=f"{days} days",
        )  # fmt: skip


def _result(kind: str, passed: bool, reason: str, **found: str) -> _Result:
    return kind, passed, dict(found) if passed else {"reason": reason, **found}


def _aired(material: Material) -> Iterator[tuple[int, _Result]]:
    """For the newest visits after an ad that a transcript shows: whether it aired as it was sold."""
    read_out = {(t.episode, t.ad.campaign): t for t in transcripts_of(material) if t.ad is not None}
    left = dict.fromkeys(read_out, VISITS_PER_TRANSCRIPT)
    for number in range(len(material.responses) - 1, -1, -1):
        response = material.responses[number]
        if response.kind != "visit" or response.episode is None:
            continue
        place = (response.episode, response.campaign)
        if left.get(place, 0) == 0:
            continue
        left[place] -= 1
        transcript = read_out[place]
        if transcript.ad is None:
            continue
        code = material.plan.campaigns[response.campaign].bookings[0].code
        details: dict[str, object] = {
            "quote": transcript.quote, "at_s": transcript.ad.position, "ad_unit_id": str(transcript.ad.id)
        }  # fmt: skip
        if not transcript.has_code:
            details |= {"reason": "the code was not said", "expected": code}
        yield number, ("ad_aired", transcript.has_code, details)
