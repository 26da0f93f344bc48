"""The statements that the release at work sends, kept so that versions made after it can be tried with them.

`python -m tests.released` writes them down as the tree has them, with its newest version: done when a release is made.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

from queries.statements import statement, statement_names
from schema.migrate import FOLDER, load

FILE = Path(__file__).parent / "data" / "released_statements.json"


class Released(TypedDict):
    """The newest version that the release knows, and its statements by name."""

    version: int
    statements: dict[str, str]


def released() -> Released:
    """What was written down."""
    found: Released = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def write() -> None:
    """The statements of this tree, as those of a release."""
    made = Released(
        version=load(FOLDER, "plain")[-1].version,
        statements={name: statement(name).clause.text for name in statement_names()},
    )
    FILE.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
