"""The data model as it was written down, line by line beside a database: what of it is not there.

tests/data/data-model.md is read as a reader would: a heading is a table, a view or a function, "Key Columns" are its
columns, the bracket behind one says what it is. A line that is not understood is a fault too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from schema.migrate import EXTENSIONS
from tests.catalogue import Connection, ForeignKey, relations

MODEL = Path(__file__).parent / "data" / "data-model.md"
Engine = Literal["plain", "timescale"]
VIEWS, FUNCTIONS = "Continuous Aggregates (Materialized Views)", "Database Functions"
# What the model groups by in words, and the column it is.
GROUPED_BY = {"hour": "bucket", "tenant": "tenant_id", "episode": "episode_id", "event type": "event_type"}
_TYPES = {"UUID": "uuid", "JSONB": "jsonb", "array": "text[]"}
# In words only: the purpose is what the comment says, the usage what other tests use.
_PROSE = {"Purpose", "Usage", "Metrics", "Aggregation"}


@dataclass
class Entry:
    """A heading with its lines: the word before the colon and the text behind it."""

    name: str
    chapter: str
    lines: dict[str, str] = field(default_factory=dict)


def entries(text: str) -> Iterator[Entry]:
    """The tables, views and functions of the model, in its order."""
    chapter, entry, last = "", None, ""
    for line in [*text.splitlines(), "## "]:
        if line.startswith(("## ", "### ", "#### ")):
            if entry:
                yield entry
            chapter = line[3:] if line.startswith("## ") else chapter
            heading = re.match(r"#{3,4} `(.+)`$", line)
            entry = Entry(heading[1], chapter) if heading else None
        elif entry and (found := re.match(r"- \*\*(.+)\*\*: ?(.*)$", line)):
            last = found[1]
            entry.lines[last] = found[2]
        elif entry and line.strip().startswith("- "):
            entry.lines[last] += f" {line.strip()[2:]}."


def names(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`(\w+)`", text)


class Model:
    """The model and a database beside each other; `faults` says what the database does not have."""

    def __init__(self, connection: Connection, engine: Engine) -> None:
        self._connection, self._engine = connection, engine
        self._text = MODEL.read_text(encoding="utf-8")
        self.entries = list(entries(self._text))
        found = relations(connection)
        self._tables = {name: r for name, r in found.items() if r.is_public and not r.is_view}
        self._views = {name: r for name, r in found.items() if r.is_public and r.is_view}
        self._keys: dict[str, list[tuple[bool, bool, set[str]]]] = {}
        for table, primary, unique, columns in connection.execute(
            "select c.relname::text, i.indisprimary, i.indisunique and i.indpred is null, "
            "array(select pg_get_indexdef(i.indexrelid, n, true) from generate_series(1, i.indnkeyatts) n) "
            "from pg_index i join pg_class c on c.oid = i.indrelid where c.relnamespace = 'public'::regnamespace"
        ):
            bare = {re.sub(r"^lower\((\w+)\)$", r"\1", column) for column in columns}
            self._keys.setdefault(table, []).append((primary, unique, bare))

    def faults(self) -> list[str]:
        """Each line of the model that is not so."""
        faults: list[str] = []
        for entry in self.entries:
            if entry.chapter == FUNCTIONS:
                faults += self._function(entry.name)
            elif entry.chapter == VIEWS:
                faults += [f"{entry.name}: {fault}" for fault in self._view(entry)]
            elif entry.name not in self._tables:
                faults.append(f"{entry.name}: no such table")
            else:
                faults += [f"{entry.name}: {fault}" for fault in self._table(entry)]
        return [*faults, *self._row_security(), *self._indexes(), *self._extensions()]

    def _chapter(self, title: str) -> str:
        return self._text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]

    def _row_security(self) -> Iterator[str]:
        text = self._chapter("Row-Level Security (RLS)")
        body = str(self._one("select prosrc from pg_proc where oid = 'app_tenant()'::regprocedure"))
        settings = re.findall(r"current_setting\('([\w.]+)', TRUE\)", text)
        yield from (f"app_tenant() does not read {name}" for name in settings if f"'{name}'" not in body)
        system = names(text.split("System-level tables", 1)[1])
        for table in self._tables.values():
            scoped = table.name == "tenants" or "tenant_id" in table.columns
            if scoped != table.has_tenant_policy or (scoped and table.name in system):
                yield f"{table.name}: tenant_isolation {'is not' if scoped else 'is'} there"
        for name in system:
            if not self._one("select has_table_privilege('podboard_web', %s, 'select')", name):
                yield f"{name}: not readable"

    def _indexes(self) -> Iterator[str]:
        """The queried columns lead somewhere (after the tenant), the times wherever there are any in the model."""
        lines = self._chapter("Indexes").splitlines()
        queried, times = (names(line) for line in lines if "`" in line)
        indexed = {
            (table, column)
            for table, keys in self._keys.items()
            for _, _, key in keys
            for column in key
            if column in times or len(key - {"tenant_id", column}) == 0 or column in ("status", "stage")
        }
        for column in queried:
            if not any(column == found for _, found in indexed):
                yield f"nothing is found by {column}"
        for entry in self.entries:
            for column in times:
                if (
                    column in names(entry.lines.get("Key Columns", ""))
                    and (entry.name, column) not in indexed
                ):
                    yield f"{entry.name}: not found by {column}"

    def _extensions(self) -> Iterator[str]:
        wanted = re.findall(r"- `([\w-]+)`", self._chapter("Extensions"))
        yield from (f"{name} is not asked for" for name in {*wanted} ^ {*EXTENSIONS, "timescaledb"})

    def _function(self, signature: str) -> Iterator[str]:
        name, types = re.fullmatch(r"(\w+)\((?:\w+ )?(\w*)\)", signature).groups()  # type: ignore[union-attr]
        if self._one("select to_regprocedure(%s)", f"public.{name}({types})") is None:
            yield f"{signature}: no such function"

    def _view(self, entry: Entry) -> Iterator[str]:
        if entry.name not in self._views:
            yield "no such view"
            return
        groups = re.sub("^Groups by ", "", entry.lines["Aggregation"]).split(", ")
        by = ["day" if entry.name == "metrics_daily" and g == "day" else GROUPED_BY.get(g, g) for g in groups]
        wanted = {"bucket" if g == "day" and entry.name != "metrics_daily" else g for g in by}
        yield from (
            f"no column {column}"
            for column in sorted(wanted | set(names(entry.lines["Metrics"])))
            if column not in self._views[entry.name].columns
        )
        yield from self._unknown(entry, {"Refresh Policy"})
        if self._engine == "timescale" and (policy := entry.lines.get("Refresh Policy")):
            every, back = re.fullmatch(r"Every (\d+ \w+), (\d+)-(?:hour|day) lookback", policy).groups()  # type: ignore[union-attr]
            look_back = f"{back} {every.split()[1]}"
            declared = self._one(
                "select j.schedule_interval = %s::interval and (j.config ->> 'start_offset')::interval = %s::interval "
                "from timescaledb_information.jobs j join timescaledb_information.continuous_aggregates a "
                "on a.materialization_hypertable_name = j.hypertable_name or a.view_name = j.hypertable_name "
                "where j.proc_name = 'policy_refresh_continuous_aggregate' and a.view_name = %s",
                every, look_back, entry.name,
            )  # fmt: skip
            if not declared:
                yield f"its refresh is not {policy}"

    def _table(self, entry: Entry) -> Iterator[str]:
        readers: dict[str, Callable[[Entry, str], Iterator[str]]] = {
            "Key Columns": self._columns, "Primary Key": self._primary_key, "Unique": self._unique,
            "Relationships": self._relationships, "Related": self._related, "Hypertable": self._hypertable,
            "Retention": self._retention,
        }  # fmt: skip
        for word, text in entry.lines.items():
            if word in readers:
                yield from readers[word](entry, text)
        yield from self._unknown(entry, readers.keys())

    def _unknown(self, entry: Entry, read: object) -> Iterator[str]:
        return (f"a line of no meaning: {word}" for word in entry.lines if word not in {*_PROSE, *read})  # type: ignore[misc]

    def _columns(self, entry: Entry, text: str) -> Iterator[str]:
        table = self._tables[entry.name]
        found = re.findall(r"`(\w+)`(?: \(([^)]+)\))?", text)
        if not found or re.sub(r"`\w+`(?: \([^)]+\))?(?:, )?", "", text):
            yield f"columns that cannot be read: {text}"
        for column, said in found:
            if column not in table.columns and not self._is_generated(entry.name, column):
                yield f"no column {column}"
            elif said in _TYPES and table.columns[column].type != _TYPES[said]:
                yield f"{column} is no {said}: {table.columns[column].type}"
            elif said == "unique" and not self._is_unique(entry.name, {column}):
                yield f"{column} is not unique"
            elif said.startswith("FK"):
                named = said.removeprefix("FK").removeprefix(" to ")
                targets = [named] if named else self._targets(column)
                if not any(self._refers(entry.name, target, column) for target in targets):
                    yield f"{column} is no reference to {' or '.join(targets)}"
            elif said and said not in {*_TYPES, "unique"}:
                yield f"a bracket of no meaning: {said}"
            if column == "id" and "uuid_generate_v4()" not in (table.columns["id"].default or ""):
                yield "its id is not made by uuid_generate_v4()"
        if "id" in names(text) and not any(
            primary and "id" in key for primary, _, key in self._keys[entry.name]
        ):
            yield "its id is not its primary key"

    def _is_generated(self, table: str, column: str) -> bool:
        return bool(
            self._one(
                "select attgenerated <> '' from pg_attribute where attrelid = %s::regclass and attname = %s",
                f"public.{table}", column,
            )
        )  # fmt: skip

    def _primary_key(self, entry: Entry, text: str) -> Iterator[str]:
        wanted = set(names(text))
        if not any(primary and key == wanted for primary, _, key in self._keys[entry.name]):
            yield f"its primary key is not {text}"

    def _unique(self, entry: Entry, text: str) -> Iterator[str]:
        if not self._is_unique(entry.name, set(names(text))):
            yield f"not unique: {text}"

    def _is_unique(self, table: str, columns: set[str]) -> bool:
        """The tenant may stand in the key, and the time by which a hypertable is cut."""
        return any(
            unique and columns <= key <= columns | {"tenant_id", "event_occurred_at"}
            for _, unique, key in self._keys[table]
        )

    def _relationships(self, entry: Entry, text: str) -> Iterator[str]:
        for sentence in filter(None, re.split(r"\. ?", text.strip())):
            others = names(sentence)
            if sentence.startswith(("Belongs to ", "Many-to-one ")):
                faults = [each for each in others if not self._refers(entry.name, each)]
            elif sentence.startswith("Has many "):
                faults = [each for each in others if not self._refers(each, entry.name)]
            elif sentence.startswith("One-to-one "):
                faults = [each for each in others if not self._one_to_one(entry.name, each)]
            elif sentence == "Referenced by all tenant-scoped tables via `tenant_id`":
                scoped = [t for t in self._tables.values() if "tenant_id" in t.columns]
                faults = [t.name for t in scoped if not self._refers(t.name, "tenants", "tenant_id")]
            else:
                faults = ["that cannot be read"]
            yield from (f"{sentence}: not {fault}" for fault in faults)

    def _related(self, entry: Entry, text: str) -> Iterator[str]:
        if not text.endswith("(one-to-one)") or not self._one_to_one(names(text)[0], entry.name):
            yield f"not related: {text}"

    def _one_to_one(self, table: str, target: str) -> bool:
        keys = [set(key.columns) for key in self._references(table) if key.target == target]
        return any(self._is_unique(table, key - {"tenant_id", "event_occurred_at"} or key) for key in keys)

    def _hypertable(self, entry: Entry, text: str) -> Iterator[str]:
        """On plain PostgreSQL by months instead of days, by the same column."""
        column, length = re.fullmatch(r"Partitioned by `(\w+)` \((\d+-day) chunks\)", text).groups()  # type: ignore[union-attr]
        if self._engine == "timescale":
            so = self._one(
                "select time_interval = %s::interval from timescaledb_information.dimensions "
                "where hypertable_schema = 'public' and hypertable_name = %s and column_name = %s",
                length.replace("-", " "), entry.name, column,
            )  # fmt: skip
        else:
            so = (
                self._one("select pg_get_partkeydef(%s::regclass)", f"public.{entry.name}")
                == f"RANGE ({column})"
            )
        if not so:
            yield f"not {text}"

    def _retention(self, entry: Entry, text: str) -> Iterator[str]:
        if not self._one(
            "select raw_retention_start() = date_trunc('day', now(), 'UTC') - %s::interval", text
        ):
            yield f"not kept for {text}"
        if self._engine == "timescale" and not self._one(
            "select (config ->> 'drop_after')::interval = %s::interval from timescaledb_information.jobs "
            "where proc_name = 'policy_retention' and hypertable_name = %s", text, entry.name,
        ):  # fmt: skip
            yield f"no policy lets go of it after {text}"

    def _references(self, table: str) -> tuple[ForeignKey, ...]:
        return self._tables[table].foreign_keys if table in self._tables else ()

    def _refers(self, table: str, target: str, column: str | None = None) -> bool:
        return any(
            key.target == target and (column is None or column in key.columns)
            for key in self._references(table)
        )

    def _targets(self, column: str) -> list[str]:
        """The tables that a reference may mean by its name: `step_id` is one of onboarding_steps, not of steps."""
        noun = column.removesuffix("_id")
        plural = f"{noun[:-1]}ies" if noun.endswith("cy") else f"{noun}s"
        if plural in self._tables:
            return [plural]
        last = plural.split("_")[-1]
        return [name for name in self._tables if name.split("_")[-1] == last]

    def _one(self, query: str, *values: object) -> object:
        row = self._connection.execute(query.encode(), values).fetchone()
        return row[0] if row else None
