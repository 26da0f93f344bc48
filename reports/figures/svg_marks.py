"""The marks that an SVG chart is drawn with: text, lines, areas, dots, hatching."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from reports.figures.tokens import Theme, colour

SIZE = 11.0


HATCH = "hatch"


def words(
    text: str, x: float, y: float, ink: str, *, anchor: str = "start", weight: int = 400, size: float = SIZE
) -> str:
    """Return text whose middle is at y (the renderer knows no dominant-baseline)."""
    strong = f' font-weight="{weight}"' if weight != 400 else ""
    sized = f' font-size="{digits(size)}"' if size != SIZE else ""
    side = f' text-anchor="{anchor}"' if anchor != "start" else ""
    place = f'x="{digits(x)}" y="{digits(y + size * 0.36)}"'
    return f'<text {place} fill="{ink}"{side}{strong}{sized}>{escape(text)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, ink: str, *, thick: float = 1, dash: str = "") -> str:
    """Return a straight line."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{digits(x1)}" y1="{digits(y1)}" x2="{digits(x2)}" y2="{digits(y2)}" stroke="{ink}" '
        f'stroke-width="{digits(thick)}"{dashed}/>'
    )


def path(points: Sequence[tuple[float, float]], ink: str, *, thick: float = 1.75, dash: str = "") -> str:
    """Return a line through the points."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    spots = " ".join(f"{digits(x)},{digits(y)}" for x, y in points)
    return (
        f'<polyline points="{spots}" fill="none" stroke="{ink}" stroke-width="{digits(thick)}" '
        f'stroke-linejoin="round" stroke-linecap="butt"{dashed}/>'
    )


def area(points: Sequence[tuple[float, float]], base: float, fill: str, opacity: float = 1) -> str:
    """Return the points filled down to the base."""
    spots = " ".join(f"{digits(x)},{digits(y)}" for x, y in points)
    faint = f' fill-opacity="{digits(opacity)}"' if opacity != 1 else ""
    ends = f"{digits(points[-1][0])},{digits(base)} {digits(points[0][0])},{digits(base)}"
    return f'<polygon points="{spots} {ends}" fill="{fill}"{faint}/>'


def dot(x: float, y: float, ink: str, fill: str, *, size: float = 3) -> str:
    """Return a round mark."""
    place = f'cx="{digits(x)}" cy="{digits(y)}" r="{digits(size)}"'
    return f'<circle {place} fill="{fill}" stroke="{ink}" stroke-width="1.25"/>'


def rect(x: float, y: float, width: float, height: float, fill: str, *, round_: float = 1.5) -> str:
    """Return a box with slightly round corners."""
    return (
        f'<rect x="{digits(x)}" y="{digits(y)}" width="{digits(max(0.0, width))}" height="{digits(max(0.0, height))}" '
        f'rx="{digits(round_)}" fill="{fill}"/>'
    )


def flag(x: float, y: float, theme: Theme) -> str:
    """Return an event's diamond on the time axis."""
    ink, fill = colour("ink-2", theme), colour("surface", theme)
    place = f"M{digits(x)},{digits(y - 4)} l4,4 l-4,4 l-4,-4 Z"
    return f'<path d="{place}" fill="{fill}" stroke="{ink}" stroke-width="1"/>'


def hatch_pattern(theme: Theme) -> str:
    """Return the pattern that marks what is not complete."""
    ink = colour("series-1", theme)
    return (
        f'<defs><pattern id="{HATCH}" width="5" height="5" patternUnits="userSpaceOnUse">'
        f'<path d="M0,5 L5,0" stroke="{ink}" stroke-width="0.8" fill="none"/></pattern></defs>'
    )


def digits(value: float) -> str:
    """Return a coordinate with two decimals at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))
