"""Why a line of a log is no request: a closed vocabulary, with words for people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from queries.ingest.counting.reasons import Reason
from queries.ingest.lines import TOO_LONG


class LineFault(StrEnum):
    """One of these stands beside every line that cannot be read."""

    TOO_LONG = "too_long"
    NOT_UTF8 = "not_utf8"
    FORMAT = "format"
    ADDRESS = "address"
    TIME = "time"
    PAST = "past"
    FUTURE = "future"
    REQUEST = "request"
    STATUS = "status"
    BYTES = "bytes"

    @property
    def words(self) -> str:
        """The fault as a sentence."""
        return _WORDS[self]


_WORDS = {
    LineFault.TOO_LONG: TOO_LONG,
    LineFault.NOT_UTF8: "The line is not valid UTF-8.",
    LineFault.FORMAT: "The line is not written in the format of this log.",
    LineFault.ADDRESS: "The line names no IP address of a listener.",
    LineFault.TIME: "The time is not understood.",
    LineFault.PAST: "The time lies too far in the past.",
    LineFault.FUTURE: "The time lies in the future.",
    LineFault.REQUEST: "The line holds no HTTP request.",
    LineFault.STATUS: "The status is none of HTTP.",
    LineFault.BYTES: "The number of bytes is none, negative or absurdly large.",
}


def words_of(value: str) -> str:
    """The sentence of a fault, or of a reason of the counter, by its value."""
    return LineFault(value).words if value in list(LineFault) else Reason(value).words


class LineRefused(ValueError):
    """This line cannot be read. The detail shows what was found; never an address, nor text that may hold one."""

    def __init__(self, fault: LineFault, detail: str = "") -> None:
        super().__init__(fault.words)
        self.fault = fault
        self.detail = detail


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that was not read."""

    number: int
    fault: LineFault
    detail: str = ""
