"""Logs of web and worker: JSON, one event one line, with request, tenant and person.

Without secrets, and without the addresses from which requests come: podboard keeps none anywhere.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from flask import Flask, Response, g, has_request_context, request
from gunicorn import glogging
from gunicorn.http.errors import NoMoreData, ParseException

from dashboard.access import Viewer
from queries.ingest.personal import masked

log = logging.getLogger("podboard.web")

_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {
    "message",
    "asctime",
    "taskName",
}
_SECRETS = re.compile(
    r"\$argon2[^\s'\"]*"  # a password's hash
    r"|postgres(?:ql)?://[^\s'\"]*"  # a way into the database
    r"|(?i:password|secret|token|cookie|authorization)['\"]?\s*[=:]\s*[^\s,;]+"
    r"|[A-Za-z0-9_-]{40,}"  # tokens, hashes, listener ids
)
_MESSAGE_LIMIT = 500
_KEYS_OF_PEOPLE = frozenset({"password", "token", "listener_id", "secret", "cookie"})


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON; `extra` becomes keys of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        event: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": mask(record.getMessage()),
        }
        event.update(_request_keys())
        for key, value in record.__dict__.items():
            if key not in _STANDARD and key not in _KEYS_OF_PEOPLE:
                event[key] = value if isinstance(value, (int, float, bool, type(None))) else mask(str(value))
        if record.exc_info and record.exc_info[0] is not None:
            event.update(_failure(*record.exc_info))
        return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


class GunicornLogger(glogging.Logger):
    """The web server's own lines in the same form; it writes none per request, that is ours."""

    def setup(self, cfg: Any) -> None:
        """Sets gunicorn's handlers, then their form."""
        super().setup(cfg)
        # The same object each time, which a logger takes once.
        self.error_log.addFilter(_unquoted)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonFormatter())

    def access(self, *_told: Any) -> None:
        """Writes nothing, whatever the environment asks of gunicorn: such a line begins with the sender's address."""


def _unquoted(record: logging.LogRecord) -> bool:
    """Lets a line of gunicorn's pass, without the words of a request.

    Of one that it cannot read it tells the sender's address and quotes what came: a line with its query, headers, of
    which one names the listener behind a proxy. TRICKY: it writes while it handles the error, which says what it is
    about; the text of the line would be another one in its next version.
    """
    error = sys.exc_info()[1]
    if isinstance(error, ParseException | NoMoreData):
        record.msg, record.args, record.exc_info = "a request could not be read or answered", (), None
        record.__dict__["error"] = type(error).__name__
    elif str(record.msg).startswith("Error handling request"):
        # What follows is the address that was asked for, with its query.
        record.msg, record.args = "Error handling request", ()
    return True


def mask(text: str) -> str:
    """The text without what looks like a secret or says who somebody is, and not longer than a line should be."""
    return masked(_SECRETS.sub("***", text))[:_MESSAGE_LIMIT]


def configure_logging(level: str = "INFO") -> None:
    """Sends every record of this process to stderr as JSON. Running it again changes nothing."""
    root = logging.getLogger()
    if not any(isinstance(handler.formatter, JsonFormatter) for handler in root.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter())
        root.handlers[:] = [handler]
    root.setLevel(level)
    # One line of ours per request is enough.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)


def install_request_log(app: Flask) -> None:
    """Gives each request an id and writes one line when it has been answered."""

    @app.before_request
    def begin() -> None:
        g.request_id = secrets.token_hex(8)
        g.began = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        # The path alone: a query string says what somebody looked at.
        log.log(
            logging.ERROR if response.status_code >= 500 else logging.INFO,
            "request",
            extra={
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "milliseconds": round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
            },
        )
        return response


def _request_keys() -> dict[str, str]:
    if not has_request_context():
        return {}
    keys = {"request_id": str(g.get("request_id", ""))}
    # Only what has been loaded already: writing a log line must not open a session.
    viewer = g.get("_login_user")
    if isinstance(viewer, Viewer):
        keys["user"] = str(viewer.user_id)
        if viewer.tenant_id:
            keys["tenant"] = str(viewer.tenant_id)
    return keys


def _failure(
    kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
) -> dict[str, Any]:
    frames = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(trace)
    ]
    failure: dict[str, Any] = {"error": kind.__name__ if kind else "", "frames": frames[-12:]}
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    if state is None:
        failure["reason"] = mask(str(error))
    else:
        # A database's message carries values of the rows it is about; its code says enough.
        failure["sqlstate"] = state
    return failure
