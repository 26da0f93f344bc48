"""The web application: Flask with gate, headers and log-in, and Dash on it."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from dashboard import csv_export, health, import_routes, problems, report_routes, why
from dashboard.auth import views
from dashboard.auth.csrf import install_csrf
from dashboard.auth.gate import install_gate
from dashboard.auth.sessions import install_sessions
from dashboard.collector import install_collector
from dashboard.dash_app import mount_dash
from dashboard.faults import install_faults
from dashboard.headers import content_security_policy, install_headers
from dashboard.logs import configure_logging, install_request_log
from dashboard.static_files import asset_address, install_answer_compression
from queries.settings import Settings
from queries.statements import check_statements

_LARGEST_REQUEST_BYTES = 1_000_000


def create_app(settings: Settings) -> Flask:
    """The whole web application as a WSGI app.

    Raises: SettingsError for a missing or weak secret, or for log-ins over plain http outside loopback.
    """
    settings.require_secret_key()
    settings.require_secure_address()
    configure_logging(settings.log_level)
    check_statements()
    server = create_server(settings)
    app = mount_dash(server, settings)
    server.config["CONTENT_SECURITY_POLICY"] = content_security_policy(app.csp_hashes())
    server.extensions["dash"] = app
    return server


def create_server(settings: Settings) -> Flask:
    """Flask without Dash: log-in, gate, headers, health, and the answers to errors."""
    server = Flask("dashboard", static_folder=None, template_folder="templates")
    server.config.update(
        PODBOARD=settings,
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=_LARGEST_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=100_000,
        MAX_FORM_PARTS=50,
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    server.jinja_env.globals.update(asset=asset_address, wave=_wave())
    # Order counts. Before a request: id and clock, the gate, then the form token. After it these run backwards, so
    # that the log line is written last and headers stand on every answer.
    install_request_log(server)
    install_headers(server, settings)
    install_answer_compression(server)
    install_sessions(server, settings)
    install_gate(server)
    install_csrf(server)
    install_faults(server)
    server.register_blueprint(views.blueprint)
    server.register_blueprint(health.blueprint)
    server.register_blueprint(problems.blueprint)
    server.register_blueprint(csv_export.blueprint)
    server.register_blueprint(report_routes.blueprint)
    server.register_blueprint(import_routes.blueprint)
    server.register_blueprint(why.blueprint)
    install_collector(server, settings)
    return server


def _wave() -> tuple[tuple[int, str], ...]:
    """Heights (percent) and depths of the bars on the log-in page: one week of a show, hour by hour, made even."""
    heights = (
        18,
        26,
        40,
        58,
        76,
        92,
        100,
        88,
        70,
        54,
        46,
        52,
        66,
        78,
        70,
        52,
        38,
        30,
        36,
        48,
        60,
        50,
        34,
        24,
        18,
        14,
    )
    return tuple((height, f"{place / (len(heights) - 1):.2f}") for place, height in enumerate(heights))
