"""What gunicorn calls in its processes; it reads this module as its configuration."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

from queries.engine import dispose_engines


def worker_exit(_server: Any, _worker: Any) -> None:
    """Ends a worker that has finished its requests without taking the interpreter apart.

    Taking it apart costs seconds of the processor, and on a busy machine more than gunicorn waits. A worker that fails
    is left alone: by its exit code gunicorn tells that it cannot start. TRICKY: gunicorn calls this while the exception
    that ends the worker is on its way out, and its own last act is sys.exit(0).
    """
    ended = sys.exc_info()[1]
    if not isinstance(ended, SystemExit) or ended.code not in (0, None):
        return
    dispose_engines()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
