"""Why a request is not a download of its own: a closed vocabulary, with words for people."""

from __future__ import annotations

from enum import StrEnum

from queries.ingest.cells import LARGEST_AMOUNT


class Reason(StrEnum):
    """One of these stands beside every request that is refused. The first that holds, in this order, is kept.

    The values are those of excluded_requests.reason.
    """

    NO_EPISODE = "no_episode"
    HEAD = "head"
    METHOD = "method"
    NOT_MODIFIED = "not_modified"
    STATUS = "failed_status"
    PROBE = "range_probe"
    PRELOAD = "preload"
    EMPTY_AGENT = "empty_agent"
    APPLE_WATCH = "watch_app"
    MALFORMED_AGENT = "malformed_agent"
    BOT = "bot"
    DATA_CENTRE = "data_centre"
    OUT_OF_ORDER = "out_of_order"
    REPEAT = "repeat"
    PIECE = "piece"
    SIZE_UNKNOWN = "size_unknown"
    UNDER_A_MINUTE = "too_short"

    @property
    def words(self) -> str:
        """The reason as a sentence."""
        return _WORDS[self]


_WORDS = {
    Reason.NO_EPISODE: "The address is not that of an episode.",
    Reason.HEAD: "HEAD asks about the file and delivers nothing of it.",
    Reason.METHOD: "Only GET fetches a file.",
    Reason.NOT_MODIFIED: "Not modified (304): nothing was delivered, the app had the file already.",
    Reason.STATUS: "The server delivered no audio: it redirected, refused or failed.",
    Reason.PROBE: "A probe: the app asked for the first two bytes (bytes=0-1) to learn about the file.",
    Reason.PRELOAD: "Loaded ahead by a browser; nobody had pressed play.",
    Reason.EMPTY_AGENT: "The request names no app (empty user agent).",
    Reason.APPLE_WATCH: "An Apple Watch fetched what its phone fetches too.",
    Reason.MALFORMED_AGENT: "The user agent is malformed: no app writes it like that.",
    Reason.BOT: "A bot: it is on the list of known ones or says so itself.",
    Reason.DATA_CENTRE: "The address belongs to a data centre or a VPN.",
    Reason.OUT_OF_ORDER: "The request lies too far behind those before it: its window is closed.",
    Reason.REPEAT: "The same listener's download of this episode is counted already in this window.",
    Reason.PIECE: "A piece of a download that is counted with the request that completed its first minute.",
    Reason.SIZE_UNKNOWN: "The size of the file is not known, so nobody can tell whether it was delivered whole.",
    Reason.UNDER_A_MINUTE: (
        "What was surely sent in this window is less than a minute of the episode (of a shorter one, or of one whose "
        "length is not known, less than all). Of pieces whose place the log does not tell the largest counts."
    ),
}


class Unreadable(StrEnum):
    """Why what a pixel was told is neither visit nor conversion, beside what a request is refused for anywhere.

    The values are further ones of excluded_visits.reason. Of what was told the order alone is kept, as anything may
    stand in it.
    """

    TYPE = "type_unknown"
    VALUE = "value_unreadable"
    CURRENCY = "currency_missing"
    ORDER_ID = "order_id_unreadable"
    DIFFERS = "order_differs"


_OF_PIXELS = {
    Unreadable.TYPE: "The type is none of visit, lead and purchase, or stands twice.",
    Unreadable.VALUE: (
        f"The value is no amount of money up to {LARGEST_AMOUNT:,}, or stands twice: write it once, like 19.90."
    ),
    Unreadable.CURRENCY: "A value needs its currency, once: three letters, like EUR.",
    Unreadable.ORDER_ID: (
        "The order id stands twice, is longer than 200 characters, has control characters in it, or is an address of a "
        "person or device: send a hash of it."
    ),
    Unreadable.DIFFERS: "The order stands already with another value, currency or type.",
}

# Told apart where a source told them apart; the counter takes each with its kind.
_TOLD_APART = {
    "self_declared_bot": "A bot: it says so itself.",
    "vpn": "The address belongs to a VPN.",
}


def words_of_reason(reason: str) -> str:
    """The sentence for a value of excluded_requests.reason or excluded_visits.reason."""
    if reason in _OF_PIXELS:
        return _OF_PIXELS[Unreadable(reason)]
    return _TOLD_APART.get(reason) or Reason(reason).words
