"""Work done ahead: while one thread waits for the database, another reads and judges what comes next."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from queue import Empty, Full, Queue
from typing import TypeVar

T = TypeVar("T")
_PATIENCE_SECONDS = 0.2


def ahead(items: Iterator[T], *, by: int = 2) -> Generator[T, None, None]:
    """The items in their order, made in a thread of their own, at most `by` of them in advance.

    What goes wrong while an item is made is raised where it would have come.
    """
    made: Queue[tuple[T | None, BaseException | None, bool]] = Queue(maxsize=by)
    stopped = threading.Event()

    def put(item: T | None, error: BaseException | None, is_last: bool) -> None:
        while not stopped.is_set():
            try:
                made.put((item, error, is_last), timeout=_PATIENCE_SECONDS)
            except Full:
                continue
            return

    def make() -> None:
        try:
            for item in items:
                put(item, None, False)
                if stopped.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 (raised again by whoever asked for the items)
            put(None, error, True)
        else:
            put(None, None, True)

    thread = threading.Thread(target=make, name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            try:
                item, error, is_last = made.get(timeout=_PATIENCE_SECONDS)
            except Empty:
                continue
            if error is not None:
                raise error
            if is_last:
                return
            yield item  # type: ignore[misc]
    finally:
        stopped.set()
        thread.join()
