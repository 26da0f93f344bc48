"""What a child process may use, which reads or draws what strangers made. It sets its own limits, before it begins."""

from __future__ import annotations

import resource
from contextlib import suppress


def limit_this_process(*, processor_seconds: int, memory_bytes: int, file_bytes: int | None = None) -> None:
    """Bounds this process from here on, where the system knows the limit: macOS refuses one on memory.

    So whoever waits for it needs a limit by the clock besides, which always holds. After its seconds of the processor
    SIGXCPU ends it, which says why; what does not heed that is killed.
    """
    limits = {
        resource.RLIMIT_CPU: (processor_seconds, processor_seconds + 5),
        resource.RLIMIT_AS: (memory_bytes, memory_bytes),
        resource.RLIMIT_CORE: (0, 0),
    }
    if file_bytes is not None:
        limits[resource.RLIMIT_FSIZE] = (file_bytes, file_bytes)
    for kind, limit in limits.items():
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, limit)
