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
