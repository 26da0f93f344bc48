"""Snapshot -> PDF: the one user of WeasyPrint, in a child process with limits, without network or files of others."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

from queries.child_limits import limit_this_process
from queries.errors import PodboardError
from reports.figures.tokens import ASSETS

ROOT = Path(__file__).resolve().parents[1]
PANGO_HINT = (
    "PDFs need Pango: install libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0 (see README)."
)
_PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "XDG_CACHE_HOME",
    "FONTCONFIG_FILE",
    "FONTCONFIG_PATH",
    "LD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "WEASYPRINT_DLL_DIRECTORIES",
)
_NO_PANGO, _OUT_OF_MEMORY, _TOO_LONG = 3, 4, 5
_DATA_LIMIT = 4_000_000
_LEAST_OF_LAST = 0.4
"""How far down the last page its last row stands at least, of the height of the page."""


class RenderError(PodboardError):
    """The PDF could not be made; the message is for the person who asked for it."""


class RenderStopped(Exception):
    """The caller asked to stop; the child is gone."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a render may use."""

    seconds: int = 120
    memory_bytes: int = 1_500_000_000
    pdf_bytes: int = 50_000_000


@dataclass(frozen=True, slots=True)
class RenderedPdf:
    """The bytes and how many pages they have."""

    pdf: bytes
    page_count: int


def render(
    snapshot: Mapping[str, Any],
    *,
    on_stage: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    limits: Limits = Limits(),
) -> RenderedPdf:
    """The PDF of a stored snapshot: the same bytes for the same snapshot.

    `on_stage` hears "drawing" and "typesetting"; `should_stop` is asked about twice a second.
    Raises RenderError with a message for people, RenderStopped after `should_stop`.
    """
    with tempfile.TemporaryDirectory(prefix="podboard-pdf-") as scratch:
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        # Nothing of ours goes along: no database address, no secret.
        environment |= {"TMPDIR": scratch, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", "TZ": "UTC"}
        environment |= {
            "PODBOARD_RENDER_LIMITS": f"{limits.seconds},{limits.memory_bytes},{limits.pdf_bytes}",
        }
        child = subprocess.Popen(
            [sys.executable, "-m", "reports.render"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=scratch,
            env=environment,
            start_new_session=True,
        )
        with _Talk(child, json.dumps(snapshot).encode(), on_stage or _ignore, limits) as talk:
            while child.poll() is None or talk.is_open:
                if should_stop():
                    raise RenderStopped
                talk.wait(0.5)
        return talk.result()


def _ignore(_stage: str) -> None:
    """Nobody wants to hear about stages."""


class _Talk:
    """Feeds the child and collects what it says, on threads, so that no pipe can fill up and block."""

    def __init__(
        self, child: subprocess.Popen[bytes], said: bytes, on_stage: Callable[[str], None], limits: Limits
    ) -> None:
        self._child = child
        self._stages: list[str] = []
        self._told = 0
        self._on_stage = on_stage
        self._complaints: list[str] = []
        self._out = b""
        self._limits = limits
        self._timed_out = False
        self._timer = threading.Timer(limits.seconds, self._end, [True])
        self._timer.daemon = True
        self._readers = [
            threading.Thread(target=self._write, args=(child.stdin, said), daemon=True),
            threading.Thread(target=self._read_out, args=(child.stdout,), daemon=True),
            threading.Thread(target=self._read_errors, args=(child.stderr,), daemon=True),
        ]

    def __enter__(self) -> _Talk:
        self._timer.start()
        for reader in self._readers:
            reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._end(False)
        self._child.wait()
        for reader in self._readers:
            reader.join(5)
        for pipe in (self._child.stdin, self._child.stdout, self._child.stderr):
            with suppress(OSError):
                if pipe:
                    pipe.close()

    @property
    def is_open(self) -> bool:
        """Whether the child still has something to say."""
        return any(reader.is_alive() for reader in self._readers)

    def wait(self, seconds: float) -> None:
        """Returns when the child is done or after `seconds`, having passed on the stages heard so far."""
        self._readers[1].join(seconds)
        while self._told < len(self._stages):
            self._told += 1
            self._on_stage(self._stages[self._told - 1])
        if not self._readers[1].is_alive():
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(seconds)

    def result(self) -> RenderedPdf:
        """The PDF, or the reason why there is none."""
        code = self._child.returncode
        head, _, pdf = self._out.partition(b"\n")
        if code == 0 and head.isdigit() and pdf.startswith(b"%PDF-"):
            if len(pdf) > self._limits.pdf_bytes:
                raise RenderError("The PDF became too large: choose a shorter period or fewer podcasts.")
            return RenderedPdf(pdf, int(head))
        if code == _NO_PANGO:
            raise RenderError(PANGO_HINT)
        if self._timed_out or code in (_TOO_LONG, -signal.SIGXCPU):
            raise RenderError("The PDF took too long to make: choose a shorter period or fewer podcasts.")
        if code == _OUT_OF_MEMORY:
            raise RenderError("The PDF needed too much memory: choose a shorter period or fewer podcasts.")
        logging.getLogger(__name__).error(
            "render failed", extra={"code": code, "complaints": self._complaints[-3:]}
        )
        raise RenderError("The PDF could not be drawn. The numbers are safe; please try again.")

    def _end(self, timed_out: bool) -> None:
        if self._child.poll() is None:
            self._timed_out = timed_out
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)

    @staticmethod
    def _write(pipe: IO[bytes], said: bytes) -> None:
        with suppress(OSError):
            pipe.write(said)
            pipe.close()

    def _read_out(self, pipe: IO[bytes]) -> None:
        with suppress(OSError, ValueError):
            self._out = pipe.read(self._limits.pdf_bytes + 1000)

    def _read_errors(self, pipe: IO[bytes]) -> None:
        with suppress(OSError, ValueError):
            for line in pipe:
                words = line.decode(errors="replace").strip()
                if words.startswith("stage "):
                    self._stages.append(words.removeprefix("stage "))
                elif words:
                    self._complaints = [*self._complaints[-20:], words[:300]]


def _fetcher() -> Any:
    """The one way to anything outside the HTML: files of our own assets, and data URIs."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    fonts = (ASSETS / "fonts").resolve()

    class OwnAssets(URLFetcher):  # type: ignore[misc] # weasyprint has no types
        """Serves `asset:fonts/<name>` and `data:`; refuses every other address."""

        def __init__(self) -> None:
            super().__init__(timeout=1, allowed_protocols=("data",), allow_redirects=False)

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("asset:fonts/"):
                path = (fonts / unquote(url.removeprefix("asset:fonts/"))).resolve()
                if path.parent != fonts or path.suffix != ".ttf":
                    raise ValueError("not an asset of ours")
                return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": "font/ttf"})
            if url.startswith("data:") and len(url) <= _DATA_LIMIT:
                return super().fetch(url, headers)
            raise ValueError("refused: only our own assets and data are read")

    return OwnAssets()


_REFUSED_EVENTS = (
    "socket.connect",
    "socket.getaddrinfo",
    "socket.bind",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
)


def _refuse(event: str, _arguments: tuple[object, ...]) -> None:
    if event in _REFUSED_EVENTS:
        raise PermissionError(f"{event} is not for a renderer")


def _limit() -> None:
    seconds, memory, size = map(int, os.environ["PODBOARD_RENDER_LIMITS"].split(","))
    # What is compiled from here on would be cut off where files may be no longer, and nobody could import it any more.
    sys.dont_write_bytecode = True
    limit_this_process(processor_seconds=seconds, memory_bytes=memory, file_bytes=size)


def make_pdf(data: Mapping[str, Any], on_stage: Callable[[str], None] | None = None) -> RenderedPdf:
    """The PDF of a snapshot, made in this process (the child; tests)."""
    from weasyprint import HTML
    from weasyprint.text.fonts import FontConfiguration

    from reports.documents.page import LAYOUTS, html, identifier
    from reports.snapshot import Snapshot

    on_stage = on_stage or _ignore
    on_stage("drawing")
    snapshot = Snapshot.from_json(data)
    source = html(snapshot, LAYOUTS[0])
    on_stage("typesetting")
    fonts, best = FontConfiguration(), None
    for layout in LAYOUTS:
        source = html(snapshot, layout) if best else source
        drawn = HTML(string=source, base_url="asset:", url_fetcher=_fetcher()).render(
            font_config=fonts, pdf_variant="pdf/ua-1"
        )
        holes = _holes(drawn)
        if best is None or holes < best[0]:
            best = holes, drawn
        if not holes:
            break
    assert best is not None  # noqa: S101 (there is a layout; this tells mypy)
    document = best[1]
    buffer = io.BytesIO()
    document.write_pdf(buffer, pdf_variant="pdf/ua-1", pdf_identifier=identifier(snapshot).encode())
    return RenderedPdf(buffer.getvalue(), len(document.pages))


def _holes(document: Any) -> int:
    """How many of the two pages that may stay nearly empty are so: the cover, and the last one with the annex's end."""
    from reports.documents.page import END, FIRST

    pages = document.pages
    is_cover_alone = len(pages) > 1 and any(FIRST in page.anchors for page in pages[1:])
    end = pages[-1].anchors.get(END)
    is_last_empty = len(pages) > 1 and end is not None and end[1] < _LEAST_OF_LAST * pages[-1].height
    return is_cover_alone + is_last_empty


def main() -> int:
    """Reads a snapshot from stdin, writes the number of pages, a line break and the PDF to stdout."""
    # What libraries print must never end up between the bytes of the PDF.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    logging.getLogger("fontTools").setLevel(logging.ERROR)

    def tell(stage: str) -> None:
        sys.stderr.write(f"stage {stage}\n")
        sys.stderr.flush()

    try:
        try:
            import weasyprint  # noqa: F401 (loads Pango)
        except OSError:
            return _NO_PANGO
        # After the libraries, which we trust and which need room, and before the data, which we do not.
        _limit()
        sys.addaudithook(_refuse)
        done = make_pdf(json.loads(sys.stdin.buffer.read()), tell)
    except MemoryError:
        return _OUT_OF_MEMORY
    out.write(f"{done.page_count}\n".encode() + done.pdf)
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
