"""The people of every test: who they are, what they may see, and who must see nothing."""

from __future__ import annotations

from dataclasses import dataclass

from queries.session import Actor


@dataclass(frozen=True)
class People:
    """Alice, Bob, Carol and Dora are of tenant A, Charlie is of tenant B; an operator is of none."""

    alice: Actor
    """Admin of tenant A: sees all of it."""
    bob: Actor
    """Sponsor in A: owns one of two sponsors."""
    carol: Actor
    """Podcaster in A: owns one of two podcasts."""
    dora: Actor
    """Account manager in A: sees all campaigns and podcasts."""
    charlie: Actor
    """Admin of tenant B: must see nothing of A."""
    operator: Actor
    """Runs the system; reads no tenant's data."""


EMAILS = {
    "alice": "alice@a.example",
    "bob": "bob@a.example",
    "carol": "carol@a.example",
    "dora": "dora@a.example",
    "charlie": "charlie@b.example",
    "operator": "operator@system.example",
}
