"""Rows of events into their table: what is new is added, what stands already is told from what only bears its id."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from psycopg.errors import UniqueViolation
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from queries.ingest.arrays import plain_array, text_array
from queries.ingest.cells import RowRefused
from queries.ingest.columns import Kind, Row
from queries.ingest.counting.kept import Asked
from queries.ingest.counting.rules import COUNTING_VERSION, Filtered
from queries.ingest.counting.verdicts import Earlier
from queries.ingest.counting.windows import Window, Windows
from queries.ingest.earlier import give_way
from queries.ingest.event import Event, Turn, id_space, named_id
from queries.ingest.flips import COUNTED, WITHIN, Flips
from queries.ingest.impressions import flights_of, make_impressions
from queries.ingest.logs.tenant import tenant_windows
from queries.ingest.methods import note_counting
from queries.ingest.orders import Amount, Order, other_amounts
from queries.ingest.recount import recount
from queries.ingest.references import References
from queries.ingest.tally import Refusal, Tally
from queries.statements import ask, tell

WORTH_TRYING = 1_000
"""Rows; for fewer a savepoint costs more than it saves."""

SAME_ID_WITHIN = timedelta(days=31)
"""So far around the events of a batch repeats are looked for that bear the same id: a source that gives its ids twice
gives them to what belongs together."""

WHOLE_DAYS = timedelta(days=2)
"""Around a moment its day lies within so much, in any zone."""

_COUNTED = {
    "counted": COUNTED,
    "within": WITHIN,
}
COUNTED_ALREADY = frozenset(_COUNTED.values())
"""Why a row is refused that was read well: what it tells stands already."""


class EventStore:
    """Stores events of one kind of a tenant, batch by batch; what became of them is added to the tally, and of those of
    batches before, where a later one changes it.

    `import_id` is kept with downloads that are counted already. `takes_back`: what it stores is taken back by and by;
    what orders said stays known.
    """

    def __init__(
        self,
        kind: Kind,
        tenant_id: UUID,
        tally: Tally,
        references: References,
        *,
        import_id: UUID | None = None,
        takes_back: bool = False,
    ) -> None:
        self._import_id = import_id
        self._kind = kind
        self._tally = tally
        self._references = references
        self._ids = id_space(tenant_id, kind)
        self._flips = Flips(tally)
        self._said: dict[Order, Amount] | None = {} if takes_back else None
        self._are_new = True
        """Whether no row of those added last stood already."""
        self._kept: frozenset[str] = frozenset()
        """Ids of a source's own, of the rows at hand, that are kept as repeats already."""

    @property
    def counting_now(self) -> list[int]:
        """Lines that batches before the last one refused as repeats, and that are downloads since the last."""
        return self._flips.counting_now

    def learn(self, connection: Connection, rows: list[Row]) -> None:
        """Looks up what these rows name."""
        self._references.learn(connection, rows)

    def judge(self, rows: list[Row]) -> tuple[list[Event], list[Refusal]]:
        """The rows, which were learnt, that may be stored, and those that may not."""
        events: list[Event] = []
        refusals: list[Refusal] = []
        for row in rows:
            try:
                events.append(self._event(row))
            except RowRefused as refused:
                refusals.append(Refusal(row.line_number, refused.reason, refused.detail))
        return events, refusals

    def take(self, connection: Connection, rows: list[Row]) -> list[Refusal]:
        """Stores the good rows of a batch; the others, which the caller counts."""
        self.learn(connection, rows)
        events, refusals = self.judge(rows)
        return refusals + self.store(connection, events)

    def _event(self, row: Row) -> Event:
        """The row with its references resolved. Raises: RowRefused, in the same words for unknown and for foreign."""
        campaign, episode = self._references.check(self._kind, row)
        at = row.occurred_at.isoformat()
        if row.source_id:
            name = f"id {row.source_id}"
        else:
            listener = orjson.dumps(row.listener_id).decode()
            name = f"content {at} {campaign} {episode} {row.type} {listener} {row.told}"
        return Event(row, named_id(self._ids, name), at, episode, campaign)

    def store(self, connection: Connection, events: list[Event], first: Turn | None = None) -> list[Refusal]:
        """Stores what is new and counts what stands already; the rows that were not taken, and those of batches before
        that were and are repeats now.

        `first`: Turn.first of these events, where it was made beforehand.
        """
        self._flips.begin()
        if not events:
            return []
        # Two who look at once whether a day is counted would both find that it is not.
        downloads = {event.episode for event in events if event.row.type == "download" and event.episode}
        ask(connection, "ingest/before_events", downloads=bool(downloads))
        self._tally.brought |= downloads
        turn = first or Turn.first(events)
        new, refusals = self._new(connection, events, turn.named)
        if len(new) < len(events):
            turn = Turn.first(new)
        standing: dict[str, Event] = {}
        repeats: dict[str, tuple[Event, Refusal]] = {}
        while True:
            refused = self._insert(connection, turn.once) if turn.once else {}
            refusals += refused.values()
            for event in turn.twins:
                if event.id in refused:
                    refusals.append(Refusal(event.row.line_number, refused[event.id].reason))
                else:
                    self._tally.duplicate += 1
            if not turn.waiting:
                return self._flips.applied(refusals)
            for id_, event in turn.once.items():
                if id_ in refused:
                    repeats[id_] = event, refused[id_]
                else:
                    standing[id_] = event
            turn = self._next_turn(turn.waiting, standing, repeats, refusals)

    def _next_turn(
        self,
        events: list[Event],
        standing: dict[str, Event],
        repeats: dict[str, tuple[Event, Refusal]],
        refusals: list[Refusal],
    ) -> Turn:
        """The turn of events that waited, without those whose fate those before them have decided."""
        turn = Turn()
        held: set[str | tuple[Any, Any]] = set()
        for event in events:
            stands, repeat = standing.get(event.id), repeats.get(event.id)
            if stands is not None and stands.is_same(event):
                self._tally.duplicate += 1
            elif stands is not None:
                refusals.append(event.different())
            elif repeat is not None and repeat[0].is_same(event):
                refusals.append(Refusal(event.row.line_number, repeat[1].reason))
            elif repeat is not None and repeat[1].reason in COUNTED_ALREADY:
                refusals.append(event.different())
            else:
                turn.take(event, held)
        return turn

    def _new(
        self, connection: Connection, events: list[Event], named: str
    ) -> tuple[list[Event], list[Refusal]]:
        """The events whose ids do not stand, and refusals of those that stand with other content; the same are counted.

        An id made from the content needs no search: it says all that there is to say. The table's key includes the
        time, so it would take a source's own id a second time.
        """
        self._kept = frozenset()
        if not named:
            return events, []
        rows = ask(connection, f"ingest/standing_{self._kind}_events", ids=named)
        repeats = self._repeats_of_ids(connection, events, named) if self._kind == "listener" else {}
        if not rows and not repeats:
            return events, []
        self._kept = frozenset(repeats)
        known = {row["id"].hex: row for row in rows}
        new: list[Event] = []
        refusals: list[Refusal] = []
        for event in events:
            row, told = known.get(event.id), (event.row.type, event.row.occurred_at, event.episode)
            if row is None and repeats.get(event.id, told) == told:
                new.append(event)
            elif row is not None and event.stands_as(row):
                self._tally.duplicate += 1
            else:
                refusals.append(event.different())
        return new, refusals

    @staticmethod
    def _repeats_of_ids(
        connection: Connection, events: list[Event], named: str
    ) -> dict[str, tuple[str, datetime, str]]:
        """What bears the ids of these events and did not count, by id: type, time and episode.

        Where a download became a repeat since, what bears its id too would stand otherwise once its file comes again.
        """
        times = [event.row.occurred_at for event in events]
        rows = ask(
            connection, "ingest/repeats_of_ids",
            ids=named, earliest=min(times) - SAME_ID_WITHIN, latest=max(times) + SAME_ID_WITHIN,
        )  # fmt: skip
        return {row["id"].hex: ("download", row["occurred_at"], str(row["episode_id"])) for row in rows}

    def _insert(self, connection: Connection, events: dict[str, Event]) -> dict[str, Refusal]:
        """Adds these events; those that are refused, by id."""
        refused = self._other_amounts(connection, events) if self._kind == "attribution" else {}
        new = (
            [event for id_, event in events.items() if id_ not in refused]
            if refused
            else list(events.values())
        )
        if not new:
            return refused
        add = self._add_listener_events if self._kind == "listener" else self._add_attribution_events
        left = add(connection, new)
        counted = {event.id: event for event, outcome in left if outcome in _COUNTED}
        # A download that stands is counted, by itself: then it came once more.
        again = self._standing_at(connection, list(counted.values())) if counted else set()
        self._tally.imported += len(new) - len(left)
        repeats: list[Event] = []
        for event, outcome in left:
            if event.id in counted and event.id not in again:
                refused[event.id] = Refusal(event.row.line_number, _COUNTED[outcome])
                repeats.append(event)
            else:
                self._tally.duplicate += 1
        if repeats:
            self._keep_repeats(connection, repeats)
        return refused

    def _other_amounts(self, connection: Connection, events: dict[str, Event]) -> dict[str, Refusal]:
        """Of these events those that tell an order with another amount, by id; what stands already stays."""
        refused = other_amounts(connection, events.values(), self._said)
        if refused:
            # Before orders had one amount they stood with several.
            asked = plain_array(sorted(refused))
            for row in ask(connection, "ingest/standing_attribution_events", ids=asked):
                refused.pop(row["id"].hex, None)
        return refused

    def _keep_repeats(self, connection: Connection, repeats: list[Event]) -> None:
        """Keeps these downloads as requests that did not count; one that is kept already stays as it is."""
        tell(
            connection, "ingest/add_repeats",
            import_id=self._import_id, rule_version=COUNTING_VERSION, ids=plain_array([event.id for event in repeats]),
            episodes=plain_array([event.episode for event in repeats]),
            times=plain_array([event.at for event in repeats]),
        )  # fmt: skip

    def _add_listener_events(self, connection: Connection, new: list[Event]) -> list[tuple[Event, str]]:
        """The events that were not added, with what stood in their way; with downloads come impressions.

        Whoever counted these downloads says nothing of bytes: an ad counts with its download.
        """
        downloads = [event for event in new if event.row.type == "download"]
        if not downloads:
            return self._insert_listener_events(connection, new)
        windows, might_count_now = tenant_windows(connection)
        # What did not count when it came stays so, whatever the window is now; so it is with requests in logs.
        repeats = {event.id: event for event in downloads if event.id in self._kept}
        if might_count_now:
            repeats |= self._refused(connection, downloads)
        asked = [event for event in downloads if event.id not in repeats]
        outcome = "counted" if windows.window is Window.CALENDAR_DAY else "within"
        if asked:
            repeats |= (
                self._counted(connection, asked)
                if windows.window is Window.CALENDAR_DAY
                else self._recounted(connection, asked, windows)
            )
        counted = [event for event in downloads if event.id not in repeats] if repeats else downloads
        times = [event.row.occurred_at for event in counted]
        counted_by = note_counting(connection, windows, Filtered.SOURCE, times)
        rest = [event for event in new if event.id not in repeats] if repeats else new
        left = self._insert_listener_events(connection, rest, counted_by) if rest else []
        not_added = {event.id for event, _ in left}
        if windows.window is Window.CALENDAR_DAY:
            flights = flights_of(
                connection, {event.episode for event in counted if event.episode is not None}
            )
            carriers = [
                event.carrier() for event in counted if event.episode in flights and event.id not in not_added
            ]
            made = make_impressions(connection, carriers, flights, windows.local_day).made
            self._tally.impressions += made
        return left + [(event, outcome) for event in repeats.values()]

    @staticmethod
    def _refused(connection: Connection, downloads: list[Event]) -> dict[str, Event]:
        """Of these downloads those that were kept as repeats when they came before, by id."""
        rows = ask(connection, "ingest/refused_repeats", **_places(downloads))
        by_id = {event.id: event for event in downloads}
        return {row["id"].hex: by_id[row["id"].hex] for row in rows}

    def _counted(self, connection: Connection, downloads: list[Event]) -> dict[str, Event]:
        """Of these downloads those whose tenant day is counted, by one before them that stands or comes with them, by
        id.

        One that stands, and that others counted too, gives way to an earlier one of its day, unless that is kept as a
        repeat: so it was under the rules of before. What a request at a file made stays: of its window more is known
        than its download tells.
        """
        rows = ask(
            connection, "ingest/counted_among",
            episodes=plain_array([event.episode for event in downloads]),
            listeners=text_array([event.row.listener_id for event in downloads]),
            times=plain_array([event.at for event in downloads]),
            earliest=min(event.row.occurred_at for event in downloads) - WHOLE_DAYS,
            latest=max(event.row.occurred_at for event in downloads) + WHOLE_DAYS,
        )  # fmt: skip
        counted: dict[str, Event] = {}
        earlier: list[Earlier] = []
        for row in rows:
            event = downloads[row["place"] - 1]
            at, is_by_source = row["stands_at"], row["stands_by"] == Filtered.SOURCE
            if row["is_first"] and is_by_source and event.row.occurred_at < at:
                assert event.episode is not None  # noqa: S101 (a download has one; this tells mypy)
                earlier.append(
                    Earlier(event.episode, row["stands_id"], at, UUID(event.id), event.row.occurred_at)
                )
            else:
                counted[event.id] = event
        if earlier:
            late = {one.by_id.hex for one in earlier}
            kept = self._refused(connection, [event for event in downloads if event.id in late])
            earlier = [one for one in earlier if one.by_id.hex not in kept]
            counted |= kept
        of_import = self._flips.lines_of(one.id for one in earlier) if self._import_id else None
        give_way(connection, earlier, import_id=self._import_id, lines=of_import)
        for one in earlier:
            self._flips.give_way(one.id)
        self._flips.remember(
            {event.id: event.row.line_number for event in downloads if event.id not in counted}
        )
        return counted

    def _recounted(
        self, connection: Connection, downloads: list[Event], windows: Windows
    ) -> dict[str, Event]:
        """Of these downloads those that lie in a window of 24 hours with another, by id; the windows are kept.

        One that stands already is among them: whoever asks tells it from the others. What these change of downloads
        before them is done, and counted where it is of this run.
        """
        asked = {
            event.id: Asked(
                UUID(event.id), event.row.occurred_at, event.row.data, Filtered.SOURCE.value,
                import_id=self._import_id,
            )
            for event in downloads
        }  # fmt: skip
        found = recount(
            connection, windows, [(event.whose, asked[event.id]) for event in downloads],
            import_id=self._import_id, of_import=self._flips.lines_of,
        )  # fmt: skip
        self._tally.deliver(found.impressions)
        for change in found.changes:
            self._flips.note(change)
        self._flips.remember(
            {event.id: event.row.line_number for event in downloads if asked[event.id].id in found.new}
        )
        return {event.id: event for event in downloads if asked[event.id].reason is not None}

    def _insert_listener_events(
        self, connection: Connection, new: list[Event], counted_by: int | None = None
    ) -> list[tuple[Event, str]]:
        left = self._add(
            connection, "listener", len(new),
            ids=plain_array([event.id for event in new]), episodes=plain_array([event.episode for event in new]),
            listeners=text_array([event.row.listener_id for event in new]),
            types=plain_array([event.row.type for event in new]),
            data=text_array([event.row.told for event in new]), times=plain_array([event.at for event in new]),
            counted_by=counted_by,
        )  # fmt: skip
        return [(new[place - 1], "standing") for place in left]

    def _add_attribution_events(self, connection: Connection, new: list[Event]) -> list[tuple[Event, str]]:
        left = self._add(
            connection, "attribution", len(new),
            ids=plain_array([event.id for event in new]), campaigns=plain_array([event.campaign for event in new]),
            episodes=plain_array([event.episode for event in new]),
            listeners=text_array([event.row.listener_id for event in new]),
            types=plain_array([event.row.type for event in new]),
            data=text_array([event.row.told for event in new]), times=plain_array([event.at for event in new]),
        )  # fmt: skip
        return [(new[place - 1], "standing") for place in left]

    def _add(self, connection: Connection, kind: Kind, rows: int, **columns: Any) -> list[int]:
        """Adds rows; the places (from 1) of those that stand already.

        Looking out for them makes each row dearer by an eighth. So many rows are tried without it, as long as none
        stands; where one does, all of them are added again with care, and so are the next until all of some are new.
        """
        if rows >= WORTH_TRYING and self._are_new:
            try:
                with connection.begin_nested():
                    tell(connection, f"ingest/add_new_{kind}_events", **columns)
            except IntegrityError as error:
                if not isinstance(error.orig, UniqueViolation):
                    raise
            else:
                return []
        found = ask(connection, f"ingest/add_{kind}_events", **columns)
        self._are_new = not found
        return [row["place"] for row in found]

    @staticmethod
    def _standing_at(connection: Connection, events: list[Event]) -> set[str]:
        rows = ask(connection, "ingest/standing_listener_events_at", **_places(events))
        return {row["id"].hex for row in rows}


def _places(events: list[Event]) -> dict[str, Any]:
    """Where to look for these events by their ids: lists of a statement, and the moments between which all lie."""
    times = [event.row.occurred_at for event in events]
    return {
        "ids": plain_array([event.id for event in events]), "times": plain_array([event.at for event in events]),
        "earliest": min(times), "latest": max(times),
    }  # fmt: skip
