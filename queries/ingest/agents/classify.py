"""A user agent as app, device type and operating system, and whether it is a bot.

Bots are looked up in crawler-user-agents, operating systems and devices in ua-parser's rules; which podcast app it is,
and which feed readers are no listeners, stands in our own table, which has the first word.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from urllib.parse import unquote

import crawleruseragents
from ua_parser import Domain
from ua_parser.loaders import load_builtins
from ua_parser.regex import Resolver

from queries.ingest.agents.table import Literals, load_table

UNKNOWN = "unknown"
_LONGEST = 1024
_LONGEST_NAME = 80
_CACHED = 50_000

_BOT, _CAR, _SPEAKER, _TV, _CONSOLE = "bot", "car", "smart_speaker", "tv", "console"
_WATCH, _TABLET = "watch", "tablet"
_HINTS = (
    # Programs that say what they are. "[a-z]Bot" leaves the phones of the maker CUBOT alone.
    (
        _BOT,
        r"(?i:(?:^|[^a-z])(?:ro)?bots?(?:$|[^a-z])|crawler|spider|scraper|(?:^|[^a-z])slurp(?:$|[^a-z]))|[a-z]Bot(?:$|[^a-z])",
    ),
    (_CAR, r"CarPlay|Android Auto|Tesla/|QtCarBrowser|\bAAOS\b"),
    # Chromecast's system runs in speakers too, which say so.
    (_SPEAKER, r"DeviceType/SmartSpeaker"),
    # Before televisions: a PlayStation calls itself one too.
    (_CONSOLE, r"PlayStation|Xbox|Nintendo"),
    (
        _TV,
        r"(?i:(?:apple|google|android|smart|opera)[-_ ]?tv)|\bTV Safari|BRAVIA|\bAFT[A-Z]|\bCrKey\b|Chromecast|HbbTV"
        r"|NetCast|Web0S|^[Rr]oku;",
    ),
    # Samsung's models SM-R and SM-L are worn; those up to SM-R34 (headsets, earphones) fetch nothing themselves.
    (
        _WATCH,
        r"(?:Apple|Galaxy|Pixel) ?Watch|\bWatch[0-9]{1,2},[0-9]|\bwatchOS\b|(?i:\bwear ?os\b)|Android Wear"
        r"|\bSM-(?:L[0-9]|R(?:3[5-9]|[4-9]))",
    ),
    (_TABLET, r"iPad|Tablet|\bSM-[TPX][0-9]|Kindle|\bKF[A-Z]{3}|Nexus (?:7|9|10)\b|Lenovo TB|PlayBook"),
)
_OS_NAMES = {
    "Mac OS X": "macOS", "WatchOS": "watchOS", "tvOS": "tvOS", "ATV OS X": "tvOS", "Chrome OS": "ChromeOS",
    "Windows Phone": "Windows Phone", "Roku": "Roku OS", "iPadOS": "iPadOS", "Ubuntu": "Linux", "Debian": "Linux",
    "Fedora": "Linux", "Arch Linux": "Linux", "Linux Mint": "Linux", "Red Hat": "Linux", "CentOS": "Linux",
    "Gentoo": "Linux", "SUSE": "Linux", "Mandriva": "Linux", "Slackware": "Linux", "Chromecast Linux": "Chromecast",
    "Chromecast Android": "Chromecast", "Chromecast SmartSpeaker": "Chromecast",
}  # fmt: skip
_COMPUTERS = frozenset({"Windows", "macOS", "Linux", "ChromeOS", "FreeBSD", "OpenBSD", "NetBSD", "Solaris"})
_OF_OS = {
    "iOS": "phone",
    "iPadOS": "tablet",
    "Android": "phone",
    "watchOS": "watch",
    "tvOS": "tv",
    "KaiOS": "phone",
    "Windows Phone": "phone",
    "Windows Mobile": "phone",
    "BlackBerry OS": "phone",
    "Symbian OS": "phone",
    "Nokia Series 40": "phone",
    "Firefox OS": "phone",
    "Bada": "phone",
}
_SYSTEMS = (
    ("iOS", r"\biOS\b|\biPhone\b|\biPod\b"),
    ("macOS", r"\bMacintosh\b|\bmacOS\b|\bOS ?X\b|[/(; ]Mac\b"),
    ("Android", r"(?i:\bandroid\b)"),
    ("Windows", r"\bWin(?:dows|32|64)\b|\bCYGWIN_NT"),
    ("Linux", r"(?i:\blinux\b)|\bX11\b"),
)
"""What apps call their system where they do not write it as a browser does, which is all that ua-parser reads."""
_MACS = r"Darwin/[0-9.]+ \((?:x86_64|i386|arm64)\)|\bi?Mac(?:Book)?(?:Pro|Air|mini)?[0-9]{1,2},[0-9]"
"""What only a Mac's programs write of those that name CFNetwork: the processor, and the model."""
_SIMPLE_PHONES = r"\bMIDP\b|\bCLDC\b|\bJ2ME\b|\bMAUI\b|_MAUI |WAP Browser|Opera Mini/|Opera Mobi/|UP\.Browser"
_BROWSERS = {
    "Mobile Safari": "Safari", "Chrome Mobile": "Chrome", "Chrome Mobile iOS": "Chrome", "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox", "Edge Mobile": "Edge", "Opera Mobile": "Opera", "Opera Mini": "Opera",
    "Chrome Mobile WebView": "Android web view", "Mobile Safari UI/WKWebView": "iOS web view", "Chromium": "Chrome",
    "IE Mobile": "IE", "Samsung Internet": "Samsung Internet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Agent:
    """What a user agent tells. `app` of a bot is the bot's name; what is not told is "unknown"."""

    app: str
    device: str
    os: str
    is_bot: bool


def classify_agent(agent: str) -> Agent:
    """What this user agent tells; the same for the same text within a release."""
    return _classified(agent[:_LONGEST])


def lists_version() -> str:
    """Which lists decide, with their versions: part of what a number says about itself."""
    return (
        f"apps {_lists().table_version}, crawler-user-agents {version('crawler-user-agents')}, "
        f"ua-parser rules {version('ua-parser-builtins')}"
    )


class _Lists:
    def __init__(self) -> None:
        table = load_table()
        self.table_version = table.version
        self.entries = table.entries
        self.apps = table.matcher()
        self.crawlers = Literals([entry["pattern"] for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA])
        self.hints = Literals([pattern for _, pattern in _HINTS])
        self.macs = Literals([_MACS])
        self.systems = Literals([pattern for _, pattern in _SYSTEMS])
        self.simple_phones = Literals([_SIMPLE_PHONES])
        self.rules = Resolver(load_builtins())


@lru_cache(maxsize=1)
def _lists() -> _Lists:
    # Half a second of compiling, for the processes that meet an agent only.
    return _Lists()


@lru_cache(maxsize=_CACHED)
def _classified(agent: str) -> Agent:
    lists = _lists()
    text = unquote(agent) if "%" in agent else agent
    position = lists.apps.first(text)
    known = None if position is None else lists.entries[position]
    if known is not None and known.is_bot:
        return Agent(known.name, UNKNOWN, UNKNOWN, is_bot=True)
    found = lists.hints.first(text)
    hint = None if found is None else _HINTS[found][0]
    rules = lists.rules(text, Domain.ALL)
    # For a program that no list knows the name comes from the agent itself.
    family = rules.user_agent.family[:_LONGEST_NAME] if rules.user_agent else None
    device_family = rules.device.family if rules.device else ""
    # The list of crawlers names some podcast apps too, whose feed readers carry their name: our table knows better.
    is_listed = known is None and (device_family == "Spider" or lists.crawlers.first(text) is not None)
    if hint == _BOT or is_listed:
        return Agent(family or UNKNOWN, UNKNOWN, UNKNOWN, is_bot=True)
    os = rules.os.family if rules.os else _system(text)
    os = "Windows" if os.startswith("Windows") and os != "Windows Phone" else _OS_NAMES.get(os, os)
    if os in ("iOS", UNKNOWN):
        # ua-parser takes CFNetwork for iOS where it does not know the version of a Mac's.
        os = "iPadOS" if "iPad" in text else "watchOS" if hint == _WATCH else os
        os = "macOS" if os in ("iOS", UNKNOWN) and lists.macs.first(text) is not None else os
    elif os == "Android" and hint == _WATCH:
        os = "Wear OS"
    device = hint or _device(text, os, device_family)
    if known is None:
        return Agent(_BROWSERS.get(family, family) if family else UNKNOWN, device, os, is_bot=False)
    # What the agent says of itself is nearer to the truth than what its app usually runs on; only speakers and watches
    # hide it, behind the Linux or the CFNetwork that they share with others.
    is_hidden = known.device in (_SPEAKER, _WATCH)
    return Agent(
        known.name,
        known.device if known.device and (device == UNKNOWN or is_hidden) else device,
        known.os if known.os and (os == UNKNOWN or is_hidden) else os,
        is_bot=False,
    )


def _device(text: str, os: str, family: str) -> str:
    if os == "Android" and text.startswith("Mozilla/") and "Mobile" not in text:
        # Android's browsers leave "Mobile" out on tablets.
        return _TABLET
    if os in _OF_OS:
        return _OF_OS[os]
    if os in _COMPUTERS:
        return "computer"
    is_phone = family == "Generic Smartphone" or _lists().simple_phones.first(text) is not None
    return "phone" if is_phone else UNKNOWN


def _system(text: str) -> str:
    found = _lists().systems.first(text)
    return UNKNOWN if found is None else _SYSTEMS[found][0]
