"""What machines and listeners call without a log-in: the event collector, enclosure prefixes, pixels, vanity URLs.

They stand on the gate's list. Who may send events holds a key; where anybody is sent on to is what is stored, never
what a request says; what is answered is committed.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import orjson
from flask import Blueprint, Flask, Response, current_app, jsonify, redirect, request
from flask.blueprints import BlueprintSetupState
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import (
    BadRequest,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
    Unauthorized,
    UnsupportedMediaType,
)
from werkzeug.routing import BaseConverter, Rule
from werkzeug.wrappers import Response as AnyResponse

from dashboard.faults import fault
from dashboard.problems import BODY, KEY_NEEDED, KEY_REFUSED, NO_SUCH_ADDRESS, problem_of
from queries.api_keys import find_api_key
from queries.errors import AccessRefused, KeyEnded
from queries.ingest.cells import RowRefused, printable
from queries.ingest.collector import (
    LARGEST_BATCH,
    Lists,
    Visitor,
    check_key,
    follow_link,
    follow_prefix,
    refuse_body,
    take_events,
)
from queries.ingest.counting.as_numbers import AsNumbers
from queries.ingest.counting.configured import data_centres
from queries.ingest.counting.countries import Countries
from queries.ingest.counting.reasons import Unreadable
from queries.ingest.lines import BYTE_ORDER_MARK, LONGEST_LINE, TOO_LONG
from queries.ingest.twice import Twice, first_twice, has_more_names, read_again, refuse_twice
from queries.settings import Settings

blueprint = Blueprint("collector", __name__)

LARGEST_BODY = 8 * 1024 * 1024
_READ_AT_ONCE = 64 * 1024
_NDJSON = ("application/x-ndjson", "application/ndjson")
_GIF = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_METHODS = {"v1/events": ["POST"]}
"""What the API has, and what may be done there."""
_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
"""How gzip and zstd begin, and no JSON does."""
_PIXEL = re.compile(r"[0-9a-f]{32}")
_VANITY = re.compile(r"[a-z0-9-]{1,160}/[a-z0-9-]{1,160}")
_KINDS = {Unauthorized: KEY_NEEDED, BadRequest: BODY}
_NOT_JSON = "The body is not valid JSON in UTF-8."
_LONGEST_INT = 20
"""Digits: what has more is beyond 64 bits, and orjson makes a float of it."""
_PURPOSES = ("Sec-Purpose", "Purpose", "X-Moz")


def install_collector(app: Flask, settings: Settings) -> None:
    """Adds the routes, with the lists that this installation counts by."""
    places = Countries(settings.countries) if settings.countries else None
    numbers = AsNumbers(settings.as_numbers) if settings.as_numbers else None
    lists = Lists(data_centres(settings.data_centres, numbers.number if numbers else None))
    app.extensions["counting_lists"] = Lists(lists.data_centres, places.place) if places else lists
    # No cookie has a say here, so nobody else's page can lend a visitor's.
    app.extensions["csrf"].exempt(blueprint)
    app.url_map.converters["rest"] = Rest
    app.register_blueprint(blueprint)


@blueprint.post("/api/v1/events", provide_automatic_options=False)
def events() -> Response:
    """Takes a batch: a JSON array, an object with the array `events`, or NDJSON. Sent again it adds nothing."""
    found = _key()
    try:
        body = _body()
        batch = _batch(body)
        if len(batch) > LARGEST_BATCH:
            raise RequestEntityTooLarge(f"A batch holds at most {LARGEST_BATCH:,} events.")
    except (BadRequest, RequestEntityTooLarge, UnsupportedMediaType) as wrong:
        # Like a file of which nothing was understood it stands among the imports, with its reason.
        refuse_body(*found, wrong.description or "")
        raise
    taken = take_events(*found, batch, lines=_line_numbers(body))
    return jsonify(
        {
            "batch": str(taken.batch),
            "imported": taken.imported,
            "duplicate": taken.duplicate,
            "refused": len(taken.refusals),
            "impressions": taken.impressions,
            "refusals": [
                {"line": r.line_number, "reason": r.reason, "detail": r.detail} for r in taken.refusals
            ],
        }
    )


def _key() -> tuple[UUID, UUID]:
    """Tenant and id of the key that the request holds up. Raises: Unauthorized."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    found = find_api_key(key.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise Unauthorized("Send a key: Authorization: Bearer pb_…")
    return found


class Rest(BaseConverter):
    """Whatever follows in an address, nothing and line breaks too: what is no link ends below it, not at the log-in."""

    regex = "(?s:.*)"
    part_isolating = False
    weight = 300


def _below(letter: str, *rests: str) -> Callable[[Any], Any]:
    """Routes below a letter, which people write large too."""

    def add(view: Any) -> Any:
        for written in (letter, letter.upper()):
            for rest in rests:
                view = blueprint.get(f"/{written}/{rest}")(view)
        return view

    return add


@_below("e", "<uuid:episode_id>", "<uuid:episode_id>/", "<uuid:episode_id>/<rest:_rest>")
def prefix(episode_id: UUID, _rest: str = "") -> AnyResponse:
    """Counts a request for an episode and sends the listener on to where its audio lies."""
    target = follow_prefix(episode_id, _visitor(), lists=current_app.extensions["counting_lists"])
    return _sent_on(target)


def no_link(_rest: str = "") -> AnyResponse:
    """Tells apps and visitors, who have no use for the log-in page, that this is no link."""
    raise NotFound


def no_address(rest: str) -> AnyResponse:
    """Tells a program what is wrong with its method or address; which addresses there are only to who holds a key."""
    if rest in _METHODS:
        raise MethodNotAllowed(_METHODS[rest])
    check_key(*_key())
    return fault(404, detail=f"There is no {printable(request.path)} in the API.", problem=NO_SUCH_ADDRESS)


@_below("p", "<string(length=32):key>.gif")
def pixel(key: str) -> Response:
    """Stores what the page of a sponsor says happened, and answers with a picture of one dot.

    What cannot be taken has the picture too, so that no buyer sees a broken one; the status tells whoever tries it out.
    """
    if not _PIXEL.fullmatch(key):
        raise NotFound
    told = _told_in_address()
    twice = {name for name, values in told.lists() if len(values) > 1}
    wrong = follow_link(key, _visitor(), told, kind="pixel", twice=twice).wrong
    status = 200 if wrong is None else 409 if wrong is Unreadable.DIFFERS else 400
    return Response(_GIF, status, mimetype="image/gif", headers={"Cache-Control": "no-store"})


def _told_in_address() -> MultiDict[str, str]:
    """What the address tells, with half a character for each byte that is no UTF-8: of that nothing is taken.

    Werkzeug leaves such bytes as they were written, and an order would have another name than the page gave it.
    """
    query = request.query_string.decode(errors="surrogateescape")
    return MultiDict(parse_qsl(query, keep_blank_values=True, errors="surrogateescape"))


@_below("v", "<rest:named>")
def vanity_url(named: str) -> AnyResponse:
    """Stores a visit and sends the visitor on to the campaign's page.

    People type what they heard: with capitals, a slash or a full stop at its end.
    """
    key = "/".join(part for part in named.lower().rstrip("./ ").split("/") if part)
    if not _VANITY.fullmatch(key):
        raise NotFound
    followed = follow_link(key, _visitor(), {}, kind="vanity_url")
    return _sent_on(followed.target or "")


@blueprint.record
def _whatever_else(state: BlueprintSetupState) -> None:
    # Below the routes above: of two rules for the same address the first one is asked first.
    # A rule of Flask's own has to name its methods; here each one is answered, WebDAV's too.
    state.app.url_map.add(Rule("/api/<path:rest>", endpoint="collector.no_address"))
    state.app.view_functions["collector.no_address"] = no_address
    for letter in "eEpPvV":
        for path in (f"/{letter}", f"/{letter}/<rest:_rest>"):
            state.app.url_map.add(Rule(path, endpoint="collector.no_link"))
    state.app.view_functions["collector.no_link"] = no_link


def _sent_on(target: str) -> AnyResponse:
    if not target.startswith(("https://", "http://")):
        raise NotFound
    response = redirect(target, code=302)
    response.headers["Cache-Control"] = "no-store"
    return response


def _visitor() -> Visitor:
    return Visitor(
        request.remote_addr or "", request.headers.get("User-Agent", ""),
        method=request.method, byte_range=request.headers.get("Range"),
        purpose=" ".join(request.headers.get(name, "") for name in _PURPOSES).strip(),
    )  # fmt: skip


def _body() -> bytes:
    """The whole body. Raises: RequestEntityTooLarge, UnsupportedMediaType for one that is packed.

    A chunked one tells no length beforehand, and its stream ends at the limit without a word: a byte more is asked for.
    """
    request.max_content_length = LARGEST_BODY + 1
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        body = None
    if body is None or len(body) > LARGEST_BODY:
        _throw_away(after=0 if body is None else len(body))
        raise RequestEntityTooLarge(f"A body holds at most {LARGEST_BODY:,} bytes.")
    body = body.removeprefix(BYTE_ORDER_MARK)
    if request.content_encoding not in (None, "", "identity") or body.startswith(_PACKED):
        raise UnsupportedMediaType("The body is packed (gzip or the like): send it as it is.")
    return body


def _throw_away(*, after: int) -> None:
    """Reads what follows so many bytes of a body, up to twice as much as one may hold: a program that still writes when
    it is answered reads a broken pipe in place of the answer. What is longer has to bear that."""
    # Beyond the length that was told nothing comes, and who reads on waits.
    size = 2 * LARGEST_BODY if request.content_length is None else request.content_length
    left = size - after if size <= 2 * LARGEST_BODY else 0
    stream = request.environ["wsgi.input"]
    while left > 0 and (piece := stream.read(min(left, _READ_AT_ONCE))):
        left -= len(piece)


def _batch(body: bytes) -> list[Any]:
    """The events of a body. Raises: BadRequest."""
    if request.mimetype in _NDJSON:
        return [_line(line) for line in body.splitlines() if line.strip()]
    has_broken = False
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found, has_broken = _read_leniently(body), True
    again = _read_again(body, found) if has_more_names(body, found) else None
    if isinstance(found, dict):
        found, again = found.get("events"), again.get("events") if isinstance(again, dict) else None
    if not isinstance(found, list):
        raise BadRequest('The body is a JSON array of events, or {"events": [...]}.')
    if has_broken:
        found = [_strictly(event) for event in found]
    if again is not None:
        doubts = [first_twice(event) for event in again]
        found = [twice.refusal() if twice else event for event, twice in zip(found, doubts, strict=True)]
    return found if len(body) <= LONGEST_LINE else [_short(event) for event in found]


def _short(event: Any) -> Any:
    """The event, or the refusal of one that no line of a file may hold."""
    try:
        is_long = not isinstance(event, RowRefused) and len(orjson.dumps(event)) > LONGEST_LINE
    except orjson.JSONEncodeError:
        # It is nested deeper than any that is taken: what reads it says so.
        return event
    return RowRefused(TOO_LONG) if is_long else event


def _read_leniently(body: bytes) -> Any:
    """A body that orjson refuses, with what no JSON may hold: bytes that are no UTF-8 and lone surrogates (half
    characters here), NaN, an endless number.

    `_strictly` tells then in which of its events that stands. Raises: BadRequest for one that is no JSON even so.
    """
    try:
        return json.loads(body.decode(errors="surrogateescape"), parse_int=_whole)
    except json.JSONDecodeError as error:
        raise BadRequest(f"{_NOT_JSON} Line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except (ValueError, RecursionError):
        raise BadRequest(_NOT_JSON) from None


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INT else float(digits)


def _strictly(event: Any) -> Any:
    """The event as orjson reads it, or the refusal of one that it does not take."""
    try:
        return orjson.loads(json.dumps(event))
    except (orjson.JSONDecodeError, RecursionError):
        return RowRefused(
            "The event is not valid JSON in UTF-8: it holds half a character, NaN or an endless number."
        )


def _read_again(body: bytes, found: Any) -> Any:
    """The body as it shows names that stand twice. Raises: BadRequest for one that does so around the events."""
    try:
        again = read_again(body)
    except RowRefused as refused:
        raise BadRequest(refused.reason) from None
    if isinstance(found, dict) and isinstance(again, Twice):
        raise BadRequest(f'The name "{printable(again.name)}" stands twice around the events.')
    return again


def _line_numbers(body: bytes) -> list[int] | None:
    """On which line of NDJSON each event stands; None for JSON, where its place in the array says so."""
    if request.mimetype not in _NDJSON:
        return None
    return [number for number, line in enumerate(body.splitlines(), 1) if line.strip()]


def _line(line: bytes) -> Any:
    if len(line) > LONGEST_LINE:
        return RowRefused(TOO_LONG)
    try:
        found = orjson.loads(line)
        refuse_twice(line, found)
    except orjson.JSONDecodeError:
        return RowRefused("The line is not valid JSON in UTF-8.")
    except RowRefused as refused:
        return refused
    return found


@blueprint.errorhandler(Unauthorized)
@blueprint.errorhandler(BadRequest)
@blueprint.errorhandler(RequestEntityTooLarge)
@blueprint.errorhandler(UnsupportedMediaType)
def told(error: Unauthorized | BadRequest | RequestEntityTooLarge | UnsupportedMediaType) -> Response:
    """The problem with what exactly is wrong with it: who calls is a program, and logs in nowhere."""
    problem = _KINDS.get(type(error), problem_of(error.code))
    answer = fault(error.code, detail=error.description, problem=problem)
    if isinstance(error, Unauthorized):
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


@blueprint.errorhandler(AccessRefused)
def refused(error: AccessRefused) -> Response:
    """The problem of a key that may not do this, or may do nothing any more."""
    if isinstance(error, KeyEnded):
        return told(Unauthorized(str(error)))
    return fault(403, detail=str(error), problem=KEY_REFUSED)
