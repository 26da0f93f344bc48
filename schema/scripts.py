"""SQL scripts as text: where one statement ends and the next begins."""

from __future__ import annotations

import re


def split_statements(script: str) -> list[str]:
    """The single statements of a script, without comments between them; quotes and dollar quotes are respected."""
    statements, current, depth = [], "", 0
    for match in _TOKENS.finditer(script):
        part = match.group()
        if part.startswith(("--", "/*")):
            current += " " if current else ""
        elif part == ";" and depth == 0:
            if current.strip():
                statements.append(current.strip())
            current = ""
        else:
            depth += {"(": 1, ")": -1}.get(part, 0)
            current += part
    if current.strip():
        statements.append(current.strip())
    return statements


_TOKENS = re.compile(
    r"""
    --[^\n]* | /\*.*?\*/                        # comments
    | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$           # dollar quotes
    | [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' # strings
    | "(?:[^"]|"")*"                            # quoted names
    | [A-Za-z_][\w$]* | .                       # words, and anything else one by one
    """,
    re.VERBOSE | re.DOTALL,
)


_CONCURRENT_INDEX = re.compile(
    r"create\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?(\w+)\s+on\s+(?:only\s+)?((?:\w+\.)?\w+)",
    re.IGNORECASE,
)


def concurrent_indexes(statements: list[str]) -> list[tuple[str, str]]:
    """Name and table of each index that these statements make concurrently."""
    return [(made[1], made[2]) for statement in statements if (made := _CONCURRENT_INDEX.match(statement))]


def is_concurrent(statement: str) -> bool:
    """Whether a statement makes, drops or rebuilds an index beside all others' work."""
    return re.match(r"(create|drop|reindex)\b[^;(]*\bconcurrently\b", statement, re.IGNORECASE) is not None
