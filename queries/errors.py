"""Errors that the layers above may show: each message is for a person and names no other tenant's data."""

from __future__ import annotations


class PodboardError(Exception):
    """An expected failure with a message for the person who caused it."""


class TenantMissing(PodboardError):
    """A tenant session was asked for without a tenant: raised before any SQL."""


class AccessRefused(PodboardError):
    """The person is disabled, foreign to the tenant or not allowed to do this."""


class KeyEnded(AccessRefused):
    """The key was good once: it was revoked or has run out, or its person is not active any more."""


class NotFound(PodboardError):
    """Nothing of that id for this reader: the same answer whether it does not exist or is somebody else's."""


class InvalidRequest(PodboardError):
    """Input that cannot be understood; `field` names the offending parameter."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class NotAvailable(PodboardError):
    """The question has no true answer for this range (for example behind the listener retention)."""


class DatabaseUnavailable(PodboardError):
    """The database could not be reached or went away in the middle; nothing half done was kept."""


class TryAgain(PodboardError):
    """Another transaction was in the way (deadlock, lock not to be had); the same again a moment later succeeds."""


class TookTooLong(PodboardError):
    """The statement reached its time limit and was stopped."""


class QuotaReached(PodboardError):
    """The tenant has as many of these as it may have; `table` names them, `allowed` is how many."""

    def __init__(self, table: str, allowed: int) -> None:
        noun = {"users": "people", "podcasts": "podcasts", "campaigns": "campaigns"}.get(table, table)
        if allowed == 1:
            noun = {"people": "person"}.get(noun, noun.removesuffix("s"))
        super().__init__(
            f"Your plan allows {allowed} {noun}. Remove one that is not needed any more, or ask for a higher limit."
            if allowed
            else f"Your plan allows no {noun}. Ask for a higher limit."
        )
        self.table = table
        self.allowed = allowed
