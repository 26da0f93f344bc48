"""First load in headless Chromium: bytes on the wire, requests, time to data, and whose scripts run."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Playwright, sync_playwright

from bench.measure import median
from bench.pages import Web
from bench.visitor import UPDATE, Visitor
from dashboard import system

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_READY = """() => document.querySelector('.content') && ![...document.querySelectorAll('.skeleton')]
    .some(e => e.getBoundingClientRect().top < innerHeight && e.getBoundingClientRect().height > 0)"""
# From the press of a key that changes the period until no box in sight is being fetched or drawn.
_CHANGED = """() => new Promise((done, fail) => {
    const start = performance.now(), before = location.search;
    let asked = false, quiet = 0;
    const look = () => {
        const busy = document.querySelector('[data-dash-is-loading="true"]') !== null;
        asked = asked || (busy && location.search !== before);
        quiet = asked && !busy ? quiet + 1 : 0;
        const took = performance.now() - start;
        if (quiet === 3) done(took);
        else if (took > 20000) fail(new Error(location.href + ' was not drawn: ' + before));
        else requestAnimationFrame(look);
    };
    document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'q', bubbles: true}));
    requestAnimationFrame(look);
})"""


def measure_browser(
    served: Web, visitor: Visitor, paths: dict[str, str], rounds: int
) -> list[dict[str, Any]]:
    """For each page: a first visit with an empty cache, and the same page again with a full one."""
    found = system.chromium()
    assert found, "the benchmark of the first load needs Chromium (deploy/install-system-packages.sh test)"
    with sync_playwright() as playwright:
        chromium = _open(playwright, found)
        try:
            return [_page(chromium, served, visitor, name, path, rounds) for name, path in paths.items()]
        finally:
            chromium.close()


def _open(playwright: Playwright, executable: str) -> Browser:
    return playwright.chromium.launch(executable_path=executable, args=_FLAGS)


def _page(
    chromium: Browser, served: Web, visitor: Visitor, name: str, path: str, rounds: int
) -> dict[str, Any]:
    first, again, changed = [], [], []
    for _ in range(rounds):
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        try:
            address = served.settings.public_url
            context.add_cookies(
                [{"name": key, "value": value, "url": address} for key, value in visitor.cookies.items()]
            )
            first.append(_load(context, address, path))
            again.append(_load(context, address, path))
            changed.append(_change(context, address, path))
        finally:
            context.close()
    loads = first[0]
    return {
        "page": name,
        "bytes": max(one["bytes"] for one in first),
        "requests": max(one["requests"] for one in first),
        "data_requests": max(one["data_requests"] for one in first),
        "first_ms": round(median(one["ms"] for one in first)),
        "again_ms": round(median(one["ms"] for one in again)),
        "change_ms": round(median(known)) if (known := [ms for ms in changed if ms is not None]) else None,
        "again_bytes": max(one["bytes"] for one in again),
        "foreign": sorted({url for one in first for url in one["foreign"]}),
        "largest": loads["largest"],
    }


def _change(context: Any, address: str, path: str) -> float | None:
    """Milliseconds from asking for 90 days on an open page to everything in sight of it; None where no days are asked."""
    page = context.new_page()
    try:
        page.goto(f"{address}{path}")
        page.wait_for_function(_READY, timeout=60_000)
        page.wait_for_load_state("networkidle")
        return float(page.evaluate(_CHANGED)) if page.locator(".filters__period").count() else None
    finally:
        page.close()


def _load(context: Any, address: str, path: str) -> dict[str, Any]:
    page = context.new_page()
    try:
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        urls: dict[str, str] = {}
        sizes: dict[str, int] = {}
        session.on(
            "Network.requestWillBeSent",
            lambda sent: urls.__setitem__(sent["requestId"], sent["request"]["url"]),
        )
        session.on(
            "Network.loadingFinished",
            lambda done: sizes.__setitem__(done["requestId"], int(done["encodedDataLength"])),
        )
        # The browser's own clock, stopped inside the page: polling from here would add its own steps.
        page.add_init_script(
            f"const ready = {_READY}; const look = () => {{ if (ready()) window.__dataAt = performance.now();"
            " else requestAnimationFrame(look); }; requestAnimationFrame(look);"
        )
        page.goto(f"{address}{path}", wait_until="commit")
        page.wait_for_function("() => window.__dataAt", timeout=60_000)
        took = page.evaluate("() => window.__dataAt")
        page.wait_for_load_state("networkidle")
        asked = {key: url for key, url in urls.items() if not url.startswith("data:")}
        # Nothing travels for what the cache answers.
        return {
            "ms": took,
            "bytes": sum(sizes.get(key, 0) for key in asked),
            "requests": len(asked),
            "data_requests": sum(UPDATE in url for url in asked.values()),
            "foreign": [url for url in asked.values() if not url.startswith((address, "blob:"))],
            "largest": sorted(
                (
                    (sizes.get(key, 0), url.removeprefix(address).partition("?")[0])
                    for key, url in asked.items()
                ),
                reverse=True,
            )[:6],
        }
    finally:
        page.close()
