"""The whole of podboard as `make run` starts it, and a headless Chromium in front of it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Cookie, Page, Playwright, Request, sync_playwright

from dashboard import system
from tests.conftest import one_at_a_time
from tests.product import last_errors, shared_address

PASSWORD = "podboard-demo"
ARTEFACTS = Path(__file__).parents[2] / "artefacts"
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

_NOTE_MOVES = """
window.moved = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
}).observe({ type: 'layout-shift', buffered: true });
"""


@pytest.fixture(scope="session")
def address(home: Path) -> str:
    """Where podboard answers, with the demo loaded and every refresh done; one for all processes of the run."""
    with one_at_a_time(home, "product"):
        return shared_address(home)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright itself."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """The system's Chromium, with one profile for the run: it compiles our scripts once, not for every visit."""
    found = system.chromium()
    assert found, "the browser tests need Chromium (make test installs it)"
    with playwright.chromium.launch_persistent_context(
        tmp_path_factory.mktemp("chromium"),
        executable_path=found,
        args=_FLAGS,
        reduced_motion="reduce",
        accept_downloads=True,
    ) as context:
        context.add_init_script(_NOTE_MOVES)
        yield context


class Visit:
    """A logged-in page that remembers what went wrong in it and what it asked for."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page: Page = context.new_page()
        self.address = address
        self.errors: list[str] = []
        self.asked: list[str] = []
        self.callbacks: list[str] = []
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.unanswered: set[Request] = set()
        self.page.on("request", self._note)
        self.page.on("requestfinished", self._ended)
        self.page.on("requestfailed", self._ended)

    def _note(self, request: Request) -> None:
        self.asked.append(request.url)
        if "_dash-update-component" in request.url:
            self.unanswered.add(request)
            self.callbacks.append(json.dumps(json.loads(request.post_data or "{}").get("outputs")))

    def _ended(self, request: Request) -> None:
        self.unanswered.discard(request)

    def log_in(self, person: str) -> None:
        """Through the form, as anybody would, to the page it leads to."""
        self.page.goto(f"{self.address}/login")
        self.page.get_by_label("E-mail").fill(person)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_selector(".head__sentence, .panel", timeout=30_000)

    def get_cookies(self, person: str) -> None:
        """Logs in beside the page: a page that a form sends on may interrupt the address opened next."""
        self.page.goto(f"{self.address}/login")
        token = self.page.input_value("input[name=csrf_token]")
        answer = self.page.context.request.post(
            f"{self.address}/login",
            form={"csrf_token": token, "email": person, "password": PASSWORD},
            headers={"Origin": self.address},
            max_redirects=0,
        )
        assert answer.status == 303, (answer.status, last_errors(Path(os.environ["PODBOARD_HOME"])))

    def open(self, path: str) -> None:
        """Opens an address and waits until every box that is asked for has its answer."""
        self.page.goto(f"{self.address}{path}")
        self.settle()

    def settle(self) -> None:
        """Waits until nothing is asked for and no skeleton is in sight."""
        self.page.wait_for_selector(".content", timeout=30_000)
        self.page.wait_for_load_state("networkidle")
        # That was the first load; what a key or a click asks for comes after it.
        quiet, deadline = 0, time.monotonic() + 30
        while quiet < 3 and time.monotonic() < deadline:
            self.page.wait_for_timeout(40)
            quiet = 0 if self.unanswered else quiet + 1
        self.page.wait_for_function(
            "() => ![...document.querySelectorAll('.skeleton')]"
            ".some(e => e.getClientRects().length && e.getBoundingClientRect().top < innerHeight)",
            timeout=30_000,
        )

    def scroll_through(self) -> None:
        """Brings every part into sight once, so that boxes below the fold ask too."""
        # The page grows while its boxes answer: on to an end that stays one.
        seen, end = 0, self.page.evaluate("document.documentElement.scrollHeight")
        while seen < end:
            for place in range(seen, end + 500, 500):
                self.page.evaluate("place => window.scrollTo(0, place)", place)
                self.page.wait_for_timeout(40)
            self.settle()
            seen, end = end, self.page.evaluate("document.documentElement.scrollHeight")
        self.settle()
        self.page.evaluate("window.scrollTo(0, 0)")

    def moved(self) -> float:
        """How far what stood on the page moved while it loaded, without anybody's doing (layout shift)."""
        return float(self.page.evaluate("window.moved"))

    def text(self) -> str:
        """Everything a person reads in the page's content."""
        return self.page.inner_text(".content")


@pytest.fixture(scope="session")
def known() -> dict[str, list[Cookie]]:
    """The cookies of everybody who has logged in, by person."""
    return {}


@pytest.fixture
def visit(chromium: BrowserContext, address: str, known: dict[str, list[Cookie]]) -> Callable[..., Any]:
    """Opens a visit: somebody, a width, a colour scheme.

    With an address the person has logged in before and the page is open; without one the log-in form comes first and
    the visit begins where it leads. What the browser keeps of the visit before is forgotten, but for our scripts.
    """

    @contextmanager
    def opened(
        person: str, path: str | None = None, *, width: int = 1440, height: int = 1000, dark: bool = False
    ) -> Iterator[Visit]:
        chromium.clear_cookies()
        made = Visit(chromium, address)
        try:
            page = made.page
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme="dark" if dark else "light")
            chromium.new_cdp_session(page).send(
                "Storage.clearDataForOrigin", {"origin": address, "storageTypes": "local_storage"}
            )
            if path is None:
                made.log_in(person)
            elif person in known:
                chromium.add_cookies(known[person])  # type: ignore[arg-type]  # what it gave is what it takes
            else:
                made.get_cookies(person)
                known[person] = chromium.cookies()
            if path is not None:
                made.open(path)
            yield made
        finally:
            made.page.close()

    return opened
