"""What several subjects of the demo share: who does what, made-up proofs and browsers."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime

import numpy as np

from schema.demo.material import Material
from schema.demo.plans import Person, Role

Row = dict[str, object]
Rows = dict[str, list[Row]]

BROWSERS = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
)
# From the ranges that are kept for documents: nobody's addresses.
PREFIXES = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8:17::/48")


def proof(material: Material, name: str) -> str:
    """What stands where the SHA-256 of a token would: of nothing anybody holds."""
    return hashlib.sha256(f"demo/{material.plan.slug}/{name}".encode()).hexdigest()


def sealed(material: Material, name: str, length: int) -> bytes:
    """Bytes of the length that an encrypted secret of `length` has; there is nothing in them."""
    return b"".join(hashlib.sha256(proof(material, f"{name}/{n}").encode()).digest() for n in range(8))[
        : 28 + length
    ]


def person(material: Material, role: Role) -> uuid.UUID:
    """The id of the tenant's person of a role; of each there is one."""
    (found,) = (p for p in material.plan.people if p.role == role)
    return person_id(material, found)


def person_id(material: Material, found: Person) -> uuid.UUID:
    """The id of a person of the plan."""
    return material.id(f"user/{found.email}")


def ago(material: Material, days: int, minute: int) -> datetime:
    """A moment of the tenant's day so many days before today."""
    return material.calendar.at(material.calendar.length - days, minute)


def dice(material: Material, subject: int) -> np.random.Generator:
    """The draws of one subject: its own, so that a new subject moves no other."""
    return np.random.default_rng([material.seed, 100 + subject])


def is_story(material: Material) -> bool:
    """Whether the tenant is one that is looked at; the large ones get a few rows of each table and no more."""
    return not material.plan.slug.startswith("large")
