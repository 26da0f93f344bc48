"""Static files: compressed once and kept in memory; browsers keep them for a year where the address has a version."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import brotli
from dash.exceptions import DependencyException, InvalidResourceError
from dash.fingerprint import check_fingerprint
from flask import Flask, Response, abort, request
from werkzeug.utils import safe_join

ASSETS = Path(__file__).resolve().parent.parent / "assets"
ASSET_ENDPOINT = "_dash_assets.static"
COMPONENT_ENDPOINT = "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>"

_COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml", "font/ttf")
_LEAST_BYTES = 1024
_FOREVER = "public, max-age=31536000, immutable"
_ANSWER_LEAST_BYTES = 2048

# Several small files of ours go to the browser as one: a page has some thirty requests to spend. Style sheets stand in
# the order that their rules build on each other: tokens, then what is everywhere, then parts, then single pages, then
# paper. theme.js stays apart, because it runs before the first paint.
_STYLES = (
    "tokens", "base", "icons", "frame", "filters", "head", "panels", "charts", "tables", "states", "forms", "entry",
    "campaigns", "reports", "methodology", "print",
)  # fmt: skip
_SCRIPTS = ("clientside", "pages", "still")
_BUNDLES = {
    "bundle.css": tuple(f"{name}.css" for name in _STYLES),
    "bundle.js": tuple(f"{name}.js" for name in _SCRIPTS),
}

mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("text/javascript", ".js")


@dataclass(slots=True)
class _File:
    content: bytes
    mimetype: str
    version: str
    encoded: dict[str, bytes] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def body(self, encoding: str) -> bytes:
        """The content in that encoding, made at the first request for it."""
        if not encoding:
            return self.content
        with self.lock:
            if encoding not in self.encoded:
                self.encoded[encoding] = (
                    brotli.compress(self.content, quality=9, lgwin=22)
                    if encoding == "br"
                    else gzip.compress(self.content, 8, mtime=0)
                )
            return self.encoded[encoding]


def asset_address(name: str) -> str:
    """The address of one of our assets, or of a bundle, with its version, so that browsers may keep it."""
    return f"/assets/{name}?m={_changed(_parts(name)) // 1_000_000_000}"


def install_static_files(app: Flask) -> None:
    """Answers assets and Dash's component files from memory; replaces the views that Dash registered."""
    assets: dict[str, tuple[int, _File]] = {}
    components: dict[tuple[str, str], _File] = {}
    read_component: Callable[[str, str], Response] = app.view_functions[COMPONENT_ENDPOINT]

    def asset(filename: str) -> Response:
        parts = _parts(filename)
        if not parts:
            abort(404)
        changed = _changed(parts)
        kept = assets.get(filename)
        if kept is None or kept[0] != changed:
            kept = (changed, _file(b"\n".join(part.read_bytes() for part in parts), filename))
            assets[filename] = kept
        is_versioned = request.args.get("m", "").split(".")[0] == str(changed // 1_000_000_000)
        return _answer(kept[1], _FOREVER if is_versioned else "public, max-age=3600")

    def component(package_name: str, fingerprinted_path: str) -> Response:
        path, has_fingerprint = check_fingerprint(fingerprinted_path)
        key = (package_name, path)
        if key not in components:
            try:
                made = read_component(package_name, fingerprinted_path)
            except (DependencyException, InvalidResourceError):
                # Dash would repeat the address in its answer.
                abort(404)
            if made.status_code != 200:
                return made
            components[key] = _file(made.get_data(), path)
        return _answer(components[key], _FOREVER if has_fingerprint else "public, max-age=3600")

    app.view_functions[ASSET_ENDPOINT] = asset
    app.view_functions[COMPONENT_ENDPOINT] = component


def install_answer_compression(app: Flask) -> None:
    """Compresses larger JSON and CSV answers, cheaply and without keeping them.

    Pages with a form are left alone: what is compressed together with a secret can give it away.
    """

    @app.after_request
    def compress(response: Response) -> Response:
        if (
            response.mimetype in ("application/json", "text/csv")
            and response.status_code == 200
            and not response.direct_passthrough
            and "Content-Encoding" not in response.headers
            and "gzip" in request.accept_encodings
        ):
            body = response.get_data()
            if len(body) >= _ANSWER_LEAST_BYTES:
                response.set_data(gzip.compress(body, 1, mtime=0))
                response.headers["Content-Encoding"] = "gzip"
            response.vary.add("Accept-Encoding")
        return response


def _parts(name: str) -> list[Path]:
    if name in _BUNDLES:
        return [ASSETS / part for part in _BUNDLES[name]]
    path = safe_join(str(ASSETS), name)
    return [Path(path)] if path and Path(path).is_file() else []


def _changed(parts: list[Path]) -> int:
    return max(part.stat().st_mtime_ns for part in parts)


def _file(content: bytes, name: str) -> _File:
    mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return _File(content, mimetype, hashlib.sha256(content).hexdigest()[:24])


def _answer(file: _File, caching: str) -> Response:
    compressible = file.mimetype.startswith(_COMPRESSIBLE) and len(file.content) >= _LEAST_BYTES
    accepted = request.accept_encodings
    encoding = next((name for name in ("br", "gzip") if compressible and name in accepted), "")
    response = Response(file.body(encoding), mimetype=file.mimetype)
    response.headers["Cache-Control"] = caching
    response.set_etag(f"{file.version}-{encoding or 'plain'}")
    if compressible:
        response.vary.add("Accept-Encoding")
    if encoding:
        response.headers["Content-Encoding"] = encoding
    return response.make_conditional(request)
