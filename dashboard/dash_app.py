"""The Dash app on its Flask server: one page shell for every address, callbacks checked before they run."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import dash
from dash import no_update
from flask import Flask, Response, abort, redirect, request
from flask_login import current_user
from plotly.io.json import to_json_plotly
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from dashboard import shell
from dashboard.access import Viewer, home_path
from dashboard.auth.csrf import HEADER, give_token_to_script
from dashboard.auth.sessions import cookie_name
from dashboard.callback_bodies import Shape, check_callback_body, shape_of
from dashboard.pages import page_at
from dashboard.static_files import ASSETS, asset_address, install_static_files
from queries.settings import Settings

UPDATE_ENDPOINT = "/_dash-update-component"
BOX_OUTPUT = '{"box":["MATCH"],"type":"box-body"}.children'
PAGE_ENDPOINTS = ("/", "/<path:path>")

_INDEX = """<!doctype html>
<html lang="en">
  <head>
    {%metas%}
    <meta name="color-scheme" content="light dark">
    <title>{%title%}</title>
    <link rel="icon" href="@favicon@" type="image/svg+xml">
    <script src="@theme@"></script>
    <link rel="stylesheet" href="@styles@">
    {%css%}
  </head>
  <body>
    {%app_entry%}
    <script src="@scripts@"></script>
    <footer>{%config%}{%scripts%}{%renderer%}</footer>
  </body>
</html>
"""


def mount_dash(server: Flask, settings: Settings) -> dash.Dash:
    """Puts Dash on the server, complete: routes, pages and callbacks, so that no first request finds it half made."""
    app = dash.Dash(
        "podboard",
        server=server,
        assets_folder=str(ASSETS),
        # Our own files stand in the index as bundles; of the rest a page needs plotly.
        assets_ignore=r"^(?!plotly-cartesian\.min\.js$)",
        pages_folder="",
        use_pages=False,
        serve_locally=True,
        suppress_callback_exceptions=True,
        use_async=False,
        title="podboard",
        update_title="",
        add_log_handler=False,
        csrf_token_name=cookie_name(settings, "csrf"),
        csrf_header_name=HEADER,
        index_string=_index(),
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    # Dash sends its data table to every page; ours are plain tables.
    dash.dash_table._js_dist.clear()
    # A function, so that nothing one person was shown is embedded in the next person's page.
    app.layout = shell.layout
    shell.register_callbacks(app)
    install_static_files(server)
    _guard_pages(server)
    _guard_callbacks(server, app)
    with server.test_request_context("/"):
        app._setup_server()
    return app


def _index() -> str:
    files = {"favicon": "favicon.svg", "theme": "theme.js", "styles": "bundle.css", "scripts": "bundle.js"}
    page = _INDEX
    for place, name in files.items():
        page = page.replace(f"@{place}@", asset_address(name))
    return page


def _guard_pages(server: Flask) -> None:
    """Answers 404 and 403 for addresses without a page for this viewer, before the shell is sent."""

    @server.before_request
    def check_page() -> AnyResponse | None:
        if request.endpoint not in PAGE_ENDPOINTS:
            return None
        viewer: Viewer = current_user._get_current_object()
        if request.path == "/":
            return redirect(home_path(viewer))
        found = page_at(request.path)
        if found is None:
            abort(404)
        page, parts = found
        if not page.open_to(viewer):
            abort(403)
        # What is somebody else's is not there: 404 before any shell, the same as for an id that never was.
        page.title_for(viewer, parts)
        return None

    @server.after_request
    def give_token(response: Response) -> Response:
        if request.endpoint in PAGE_ENDPOINTS and response.status_code == 200:
            give_token_to_script(response)
        return response


def _guard_callbacks(server: Flask, app: dash.Dash) -> None:
    """Answers 400 to a body that no page of ours sends; Dash itself would fail on it with 500."""
    update = server.view_functions[UPDATE_ENDPOINT]
    shapes: dict[str, Shape] = {}

    def dispatch() -> Any:
        try:
            body = request.get_json()
        except RecursionError:
            raise BadRequest("This is nested too deeply.") from None
        # Callbacks are all there before the first request, so this is filled once. Those that run in the browser have
        # an entry but no function, and nothing to answer.
        if not shapes:
            shapes.update(
                {key: shape_of(key, entry) for key, entry in app.callback_map.items() if "callback" in entry}
            )
        check_callback_body(body, shapes)
        if body["output"] == BOX_OUTPUT:
            return _box_answer(app.callback_map[BOX_OUTPUT]["callback"].__wrapped__, body)
        return update()

    server.view_functions[UPDATE_ENDPOINT] = dispatch


def _box_answer(draw: Callable[[Any, Any], Any], body: dict[str, Any]) -> Response:
    """What Dash would answer for a box, without what it makes ready for callbacks that ask who called them.

    That is a tenth of a box's processor time. The body has been held against the callback's registration.
    """
    children = draw(body["inputs"][0].get("value"), body["state"][0].get("value"))
    if children is no_update:
        return Response(status=204)
    box = json.dumps(body["outputs"]["id"], sort_keys=True, separators=(",", ":"))
    answer = {"multi": True, "response": {box: {"children": children}}}
    return Response(to_json_plotly(answer), mimetype="application/json")
