"""What a callback's request may look like: anybody can send anything, so it is held against its registration."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import BadRequest

_MANY = (["ALL"], ["ALLSMALLER"])
_TEXT = frozenset({"pathname", "search", "href", "hash"})
_COUNTS = frozenset({"n_clicks", "n_intervals", "n_submit", "n_blur"})
_LONGEST_TEXT = 8000
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Part:
    """One input, state or output: a component's id (text, or a pattern whose lists are gaps) and a property."""

    identity: str | dict[str, Any]
    property: str

    @property
    def is_many(self) -> bool:
        """Whether it stands for any number of components."""
        return isinstance(self.identity, dict) and any(value in _MANY for value in self.identity.values())


@dataclass(frozen=True, slots=True)
class Shape:
    """What a callback takes and gives."""

    inputs: tuple[Part, ...]
    state: tuple[Part, ...]
    outputs: tuple[Part, ...]
    has_many_outputs: bool


def shape_of(key: str, entry: Mapping[str, Any]) -> Shape:
    """The shape of a callback by its key and entry in Dash's callback map."""
    has_many = key.startswith("..")
    names = key[2:-2].split("...") if has_many else [key]
    return Shape(
        inputs=tuple(_part(part["id"], part["property"]) for part in entry["inputs"]),
        state=tuple(_part(part["id"], part["property"]) for part in entry["state"]),
        outputs=tuple(_part(*name.rsplit(".", 1)) for name in names),
        has_many_outputs=has_many,
    )


def check_callback_body(body: Any, shapes: Mapping[str, Shape]) -> None:
    """Returns when the body asks for one of the callbacks in the shape it was registered with. Raises BadRequest.

    The values of inputs stay anybody's, but for ids, addresses and click counts: a callback still has to doubt them.
    """
    if not isinstance(body, dict) or not isinstance(body.get("output"), str):
        raise BadRequest("This is not a callback.")
    shape = shapes.get(body["output"])
    if shape is None:
        raise BadRequest("There is no such callback.")
    _check(body.get("inputs", []), shape.inputs, with_values=True)
    _check(body.get("state", []), shape.state, with_values=True)
    outputs = body.get("outputs")
    _check(outputs if shape.has_many_outputs else [outputs], shape.outputs, with_values=False)
    changed = body.get("changedPropIds", [])
    if not isinstance(changed, list) or not all(_names_property(name) for name in changed):
        raise BadRequest("These are not the ids of properties.")


def _part(identity: str, name: str) -> Part:
    return Part(json.loads(identity) if identity.startswith("{") else identity, name.partition("@")[0])


def _check(given: Any, parts: tuple[Part, ...], *, with_values: bool) -> None:
    if not isinstance(given, list) or len(given) != len(parts):
        raise BadRequest("This callback takes other inputs.")
    for one, part in zip(given, parts, strict=True):
        if isinstance(one, list) is not part.is_many:
            raise BadRequest("This callback takes other inputs.")
        for single in one if part.is_many else [one]:
            _check_one(single, part, with_values=with_values)


def _check_one(one: Any, part: Part, *, with_values: bool) -> None:
    if not isinstance(one, dict) or not isinstance(one.get("property"), str):
        raise BadRequest("This is not a property.")
    if one["property"].partition("@")[0] != part.property or not _fits(one.get("id"), part.identity):
        raise BadRequest("This is another property.")
    if not with_values:
        return
    value = one.get("value")
    if part.property == "id":
        if value != one["id"]:
            raise BadRequest("This is another id.")
    elif value is None:
        return
    elif part.property in _TEXT:
        # Half a character cannot be sent back.
        if not isinstance(value, str) or len(value) > _LONGEST_TEXT or _SURROGATE.search(value):
            raise BadRequest("This is not an address.")
    elif part.property in _COUNTS and (not isinstance(value, (int, float)) or isinstance(value, bool)):
        raise BadRequest("This is not a count.")


def _fits(identity: Any, wanted: str | dict[str, Any]) -> bool:
    if isinstance(wanted, str):
        return bool(identity == wanted)
    if not isinstance(identity, dict) or identity.keys() != wanted.keys():
        return False
    return all(
        isinstance(identity[key], (str, int)) and not isinstance(identity[key], bool)
        if isinstance(value, list)
        else identity[key] == value
        for key, value in wanted.items()
    )


def _names_property(name: Any) -> bool:
    if not isinstance(name, str):
        return False
    identity, dot, last = name.rpartition(".")
    if not dot or not last:
        return False
    if not identity.startswith("{"):
        return True
    # Dash reads this text as JSON when a callback asks what triggered it.
    try:
        return isinstance(json.loads(identity), dict)
    except (ValueError, RecursionError):
        return False
