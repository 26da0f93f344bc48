"""A tenant's logo made harmless: drawing elements alone, nothing that loads, runs, styles or repeats."""

from __future__ import annotations

import re
from xml.etree import ElementTree

_SVG = "{http://www.w3.org/2000/svg}"
_ELEMENTS = frozenset(
    _SVG + name
    for name in (
        "svg",
        "g",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "defs",
        "title",
        "linearGradient",
        "radialGradient",
        "stop",
        "clipPath",
    )
)
_ATTRIBUTES = frozenset(
    (
        "id",
        "viewBox",
        "width",
        "height",
        "x",
        "y",
        "x1",
        "y1",
        "x2",
        "y2",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "fx",
        "fy",
        "d",
        "points",
        "transform",
        "fill",
        "fill-opacity",
        "fill-rule",
        "clip-rule",
        "clip-path",
        "stroke",
        "stroke-width",
        "stroke-opacity",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-miterlimit",
        "stroke-dasharray",
        "opacity",
        "offset",
        "stop-color",
        "stop-opacity",
        "gradientUnits",
        "gradientTransform",
        "clipPathUnits",
        "preserveAspectRatio",
        "color",
    )
)
_LOCAL_REFERENCE = re.compile(r"^url\(#[A-Za-z][\w.-]{0,63}\)$")
_LONGEST = 65536
_MOST_ELEMENTS = 2000


def safe_logo(svg: str | None) -> str | None:
    """The logo with only known drawing elements and attributes, or None where it is no usable SVG."""
    if not svg or len(svg) > _LONGEST or "<!" in re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL):
        return None  # a document type could declare entities that explode or load files
    try:
        root = ElementTree.fromstring(re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL))  # noqa: S314 (no DTD, see above)
    except (ElementTree.ParseError, ValueError):
        return None
    if root.tag != _SVG + "svg" or sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        return None
    _clean(root, depth=0)
    if root.get("viewBox") is None and (root.get("width") is None or root.get("height") is None):
        return None
    ElementTree.register_namespace("", _SVG.strip("{}"))
    return ElementTree.tostring(root, encoding="unicode")


def _clean(element: ElementTree.Element, depth: int) -> None:
    for name, value in list(element.attrib.items()):
        if name not in _ATTRIBUTES or not _is_plain(value):
            del element.attrib[name]
    for child in list(element):
        if child.tag not in _ELEMENTS or depth > 30:
            element.remove(child)
        else:
            _clean(child, depth + 1)


def _is_plain(value: str) -> bool:
    if "url" in value.lower():
        return bool(_LOCAL_REFERENCE.match(value.strip()))
    return "\\" not in value and "javascript:" not in value.lower()
