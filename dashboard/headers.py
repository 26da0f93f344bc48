"""What every response says to the browser, errors and downloads too."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, Response, g, request

from dashboard.auth.gate import OPEN_ENDPOINTS
from queries.settings import Settings

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
        "microphone=(), midi=(), payment=(), usb=()"
    ),
}
_TWO_YEARS = 63_072_000


def content_security_policy(script_hashes: Sequence[str] = ()) -> str:
    """The policy: everything from ourselves, no eval, inline scripts by their hash alone."""
    # Dash, its components and plotly set style attributes; a style cannot run code.
    scripts = " ".join(("'self'", *dict.fromkeys(script_hashes)))
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def install_headers(app: Flask, settings: Settings) -> None:
    """Sets the headers after each request; the policy is the app's config value CONTENT_SECURITY_POLICY."""
    app.config.setdefault("CONTENT_SECURITY_POLICY", content_security_policy())

    @app.after_request
    def say(response: Response) -> Response:
        response.headers.update(_ALWAYS)
        response.headers["Content-Security-Policy"] = app.config["CONTENT_SECURITY_POLICY"]
        if request.is_secure or settings.is_https:
            response.headers["Strict-Transport-Security"] = f"max-age={_TWO_YEARS}; includeSubDomains"
        if request.endpoint not in OPEN_ENDPOINTS or "Cache-Control" not in response.headers:
            # Whatever stands behind the gate is for one person's eyes, also in the caches on the way.
            response.headers["Cache-Control"] = "no-store"
        response.headers["X-Request-ID"] = g.get("request_id", "")
        return response
