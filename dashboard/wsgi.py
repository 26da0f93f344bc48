"""The WSGI entry of the web process: `gunicorn dashboard.wsgi:server`."""

from __future__ import annotations

import numpy  # noqa: F401  (plotly imports it lazily and not thread-safely: it has to be there before the threads are)

from dashboard.server import create_app
from queries.settings import current_settings

server = create_app(current_settings())
