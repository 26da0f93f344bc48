"""The design tokens of assets/tokens.css, read once, for charts and PDF."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

Theme = Literal["light", "dark"]

ASSETS = Path(__file__).resolve().parents[2] / "assets"

_TOKEN = re.compile(r"^\s*--([a-z0-9-]+):\s*(.+?);\s*$", re.MULTILINE)
_TWO_FACES = re.compile(
    r"^light-dark\((?P<light>#[0-9a-f]{6}|rgb\([^)]*\)),\s*(?P<dark>#[0-9a-f]{6}|rgb\([^)]*\))\)$"
)


@cache
def tokens(theme: Theme = "light") -> Mapping[str, str]:
    """Return every token by name, colours resolved for the theme."""
    text = (ASSETS / "tokens.css").read_text(encoding="utf-8")
    found = {}
    for name, value in _TOKEN.findall(text):
        faces = _TWO_FACES.match(value)
        found[name] = faces[theme] if faces else value
    return MappingProxyType(found)


def colour(name: str, theme: Theme | None = "light") -> str:
    """Return a colour token's value, or `var(--name)` when the page itself is to decide (theme None).

    The page's script resolves `var(--...)` in figures for the theme that is shown, so that switching
    themes needs no request.
    """
    value = tokens(theme or "light")[name]
    return value if theme else f"var(--{name})"


def _channels(hex_colour: str) -> tuple[float, float, float]:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", hex_colour):
        raise ValueError("A colour is written #rrggbb.")
    red, green, blue = (int(hex_colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _luminance(hex_colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(hex_colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two #rrggbb colours as WCAG defines it, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _mixed(hex_colour: str, towards: float, share: float) -> str:
    mixed = (round(255 * (c + (towards - c) * share)) for c in _channels(hex_colour))
    return "#" + "".join(f"{c:02x}" for c in mixed)


def accent_faces(accent: str) -> tuple[str, str]:
    """Return an accent for the light and for the dark theme: moved towards black or white until text in it can be
    read (4.5 to 1) on that theme's surfaces."""
    faces = []
    for theme, towards in (("light", 0.0), ("dark", 1.0)):
        grounds = [
            colour(name, "light" if theme == "light" else "dark") for name in ("surface", "page", "sunken")
        ]
        steps = (_mixed(accent, towards, place / 40) for place in range(41))
        faces.append(next(face for face in steps if all(contrast(face, ground) >= 4.5 for ground in grounds)))
    return faces[0], faces[1]


def text_on(ground: str) -> str:
    """Return white or our ink, whichever is read better on the ground."""
    return max(("#ffffff", "#15181f"), key=lambda ink: contrast(ink, ground))


def print_css(accent: str | None = None) -> str:
    """Return the light tokens as one plain `:root` rule, for a renderer without light-dark().

    accent: the tenant's colour (#rrggbb) in place of ours, darkened where paper needs it.
    """
    values = dict(tokens("light"))
    if accent is not None:
        values["accent"] = accent_faces(accent)[0]
    return ":root {\n" + "".join(f"  --{name}: {value};\n" for name, value in values.items()) + "}\n"
