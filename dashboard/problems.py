"""The kinds of problem that programs are told of (RFC 9457), and the page that says what to do about each.

The type of a problem document is the address of its kind on that page, which is open to everybody: who writes a
program against the API has no log-in. A kind keeps its name for as long as there is podboard; its words may change.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, render_template

from queries.settings import Settings

PROBLEMS_PATH = "/problems"

blueprint = Blueprint("problems", __name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of problem: its name in addresses, the status it comes with, and words for who writes programs."""

    name: str
    status: int
    title: str
    meaning: str

    @property
    def type(self) -> str:
        """The URI of the kind."""
        settings: Settings = current_app.config["PODBOARD"]
        return f"{settings.public_url}{PROBLEMS_PATH}#{self.name}"


KEY_NEEDED = Problem(
    "key-needed", 401, "A key is needed",
    "The request holds up no key, or one that is not known, was revoked, has run out, or whose person is not active "
    "any more. Send “Authorization: Bearer pb_…” with a key from “podboard key create”.",
)  # fmt: skip
KEY_REFUSED = Problem(
    "key-refused", 403, "This key may not do that",
    "The key is good, but its scopes or the role of its person leave this out. Somebody who manages your account can "
    "make another one.",
)  # fmt: skip
NO_SUCH_ADDRESS = Problem(
    "no-such-address", 404, "The API has no such address",
    "The path is none of the API. Events go to “POST /api/v1/events”.",
)  # fmt: skip
BODY = Problem(
    "body", 400, "The body cannot be read",
    "It is no JSON array of events, no object with the array “events” and no NDJSON, or not UTF-8. The detail says "
    "which. Nothing of it was stored; an event that is wrong by itself is no problem document but stands, with its "
    "line, among the refusals of the answer.",
)  # fmt: skip

_BY_STATUS = {
    problem.status: problem
    for problem in (
        Problem(
            "request", 400, "That did not make sense to us",
            "The address, form or body was not complete, or a value in it cannot be. The detail says what is known of "
            "it. Nothing was changed.",
        ),
        Problem(
            "log-in-needed", 401, "Please log in",
            "The address is one of people, whose log-in has ended or was never there. A key opens only the API.",
        ),
        Problem(
            "not-yours", 403, "This is not part of your account",
            "Who is logged in may not open or do this, or the request did not come from a page of podboard.",
        ),
        Problem(
            "not-found", 404, "There is nothing here for you",
            "There is no such address or thing, or it is not shared with who asks: the two are not told apart.",
        ),
        Problem(
            "method", 405, "That is not possible here",
            "The address does not know this method. The header “Allow” names those that it knows. Nothing was changed.",
        ),
        Problem(
            "too-large", 413, "That was too large",
            "The body has more bytes or more events than are taken at once; the detail says how many may be. Send "
            "it in parts. Nothing was changed.",
        ),
        Problem(
            "form", 415, "That cannot be taken in this form",
            "The body is packed or of another kind than is read here: send it as it is, as JSON or NDJSON. Nothing "
            "was changed.",
        ),
        Problem(
            "too-many-attempts", 429, "Too many attempts",
            "Wait a little, as long as “Retry-After” says where it is there, then try again.",
        ),
        Problem(
            "failed", 500, "Something went wrong on our side",
            "It is written down with the request_id of the document. Send the same again later: what was stored "
            "already is not stored twice.",
        ),
        Problem(
            "database-away", 503, "We cannot reach the database",
            "This mends itself, usually within a minute. Send the same again after “Retry-After”: what was stored "
            "already is not stored twice.",
        ),
    )
}  # fmt: skip

PROBLEMS = (KEY_NEEDED, KEY_REFUSED, NO_SUCH_ADDRESS, BODY, *_BY_STATUS.values())


def problem_of(status: int) -> Problem:
    """The kind that a status alone tells."""
    return _BY_STATUS.get(status, _BY_STATUS[500 if status >= 500 else 400])


@blueprint.get(PROBLEMS_PATH)
def page() -> str:
    """What each kind of problem means, one section each."""
    return render_template("problems.html", problems=PROBLEMS)
