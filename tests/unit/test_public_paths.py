"""The models on a public data set of 10,000 paths: what is known of it, what a package finds, and exact fractions."""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections import Counter
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from queries.attribution.markov import End, markov, steps_of
from queries.attribution.models import ORDER_MODELS, Model, credit

FILE = Path(__file__).parents[1] / "vectors" / "attribution_paths.csv.gz"
CONVERSIONS = 19_785

# What was published of the set.
PUBLISHED = {
    "first_touch": {"alpha": 6308, "iota": 4606, "eta": 3164},
    "last_touch": {"alpha": 8447, "eta": 4167, "iota": 3355},
    "linear": {"alpha": 7574.7186, "iota": 3857.0962, "eta": 3539.9512},
}
# What the package `mta` 0.0.9 finds with `MTA(config=MTAConfig(allow_loops=True))`, rounded. Its `linear` credits a
# channel once however often it stands in a path: that is the set game of Shapley here.
PACKAGE: dict[Model, dict[str, float]] = {
    "first_touch": {
        "alpha": 6308, "beta": 2831, "delta": 1, "epsilon": 99, "eta": 3164, "gamma": 165, "iota": 4606, "kappa": 74,
        "lambda": 902, "mi": 2, "theta": 1606, "zeta": 27,
    },
    "last_touch": {
        "alpha": 8447, "beta": 989, "delta": 5, "epsilon": 531, "eta": 4167, "gamma": 92, "iota": 3355, "kappa": 230,
        "lambda": 1207, "mi": 2, "theta": 653, "zeta": 107,
    },
    "position": {
        "alpha": 7444.823759, "beta": 1969.766179, "delta": 2.586667, "epsilon": 301.050233, "eta": 3618.796149,
        "gamma": 125.240911, "iota": 3944.948166, "kappa": 147.459557, "lambda": 1046.903901, "mi": 2.057143,
        "theta": 1092.744472, "zeta": 88.622864,
    },
    "shapley": {
        "alpha": 7627.944048, "beta": 1982.739286, "delta": 2.292857, "epsilon": 374.677381, "eta": 3613.655952,
        "gamma": 138.185714, "iota": 3505.044048, "kappa": 159.057143, "lambda": 987.782143, "mi": 2.666667,
        "theta": 1190.963095, "zeta": 199.991667,
    },
}  # fmt: skip

Walk = tuple[tuple[str, ...], int, int]


@pytest.fixture(scope="module")
def walks() -> list[Walk]:
    """Channels of each path, how often it converted and how often not."""
    packed = FILE.read_bytes()
    assert (
        hashlib.sha256(packed).hexdigest()
        == "ccdf4ad08442e0d03234c6c5025c682828011bfd6ab729f11bb837ba6fdcb4a8"
    )
    rows = csv.DictReader(gzip.decompress(packed).decode().splitlines())
    return [
        (tuple(row["path"].split(" > ")), int(row["total_conversions"]), int(row["total_null"]))
        for row in rows
    ]


def test_the_set_is_the_one_that_was_published(walks: list[Walk]) -> None:
    assert len(walks) == 10_000
    assert len({channel for channels, _, _ in walks for channel in channels}) == 12
    assert sum(converted for _, converted, _ in walks) == CONVERSIONS


@pytest.mark.parametrize("model", ORDER_MODELS)
def test_credit_is_what_was_published_and_what_the_package_finds(walks: list[Walk], model: Model) -> None:
    found = credit(((channels, converted) for channels, converted, _ in walks), model)
    assert sum(found.values()) == CONVERSIONS
    shares = {channel: float(amount) for channel, amount in found.items()}
    assert {channel: shares[channel] for channel in PUBLISHED.get(model, {})} == pytest.approx(
        PUBLISHED.get(model, {}), abs=5e-5
    )
    if model in PACKAGE:
        assert shares == pytest.approx(PACKAGE[model], abs=5e-7)


def test_markov_equals_exact_fractions_with_each_channel_taken_out(walks: list[Walk]) -> None:
    """A second way: the chain is solved anew without the channel, by elimination in whole fractions."""
    counts: Counter[tuple[str, str]] = Counter()
    for channels, converted, left in walks:
        for end, times in (("(converted)", converted), ("(left)", left)):
            for step in pairwise(("(start)", *channels, end)):
                counts[step] += times
    channels = sorted({to for _, to in counts} - {"(converted)", "(left)"})
    whole = _converting(counts, channels)
    lost = {out: 1 - _converting(counts, channels, out) / whole for out in channels}

    found = markov(
        steps_of(
            (channels, end, times)
            for channels, converted, left in walks
            for end, times in ((End.CONVERTED, converted), (End.LEFT, left))
        )
    )

    assert found.conversion_ratio == pytest.approx(float(whole), abs=1e-12)
    assert found.removal_effect == pytest.approx(
        {channel: float(share) for channel, share in lost.items()}, abs=1e-12
    )
    assert sum(found.credit.values()) == CONVERSIONS
    assert {channel: float(amount) for channel, amount in found.credit.items()} == pytest.approx(
        {channel: float(CONVERSIONS * share / sum(lost.values())) for channel, share in lost.items()},
        abs=1e-9,
    )


def _converting(counts: Counter[tuple[str, str]], channels: list[str], out: str | None = None) -> Fraction:
    """The probability that who starts converts, exactly; who comes to the channel `out` leaves there."""
    taken: Counter[str] = Counter()
    for (source, _), times in counts.items():
        taken[source] += times
    rows = {
        # x = p (converted) + sum p (to) x (to), as: coefficients of the x, and the constant.
        source: (
            {to: Fraction(counts[source, to], taken[source]) for to in channels if to != out and counts[source, to]},
            Fraction(counts[source, "(converted)"], taken[source]),
        )
        for source in ("(start)", *channels)
        if source != out
    }  # fmt: skip
    for gone in [channel for channel in channels if channel != out]:
        inner, constant = rows.pop(gone)
        again = 1 / (1 - inner.pop(gone, Fraction(0)))
        for source, (coefficients, sum_) in list(rows.items()):
            if factor := coefficients.pop(gone, Fraction(0)) * again:
                for to, part in inner.items():
                    coefficients[to] = coefficients.get(to, Fraction(0)) + factor * part
                rows[source] = coefficients, sum_ + factor * constant
    return rows["(start)"][1]
