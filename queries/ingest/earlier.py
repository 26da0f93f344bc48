"""The earliest download of a calendar day is the one that counts: one that comes late takes the place of a later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import orjson
from sqlalchemy import Connection

from queries.ingest.counting.reasons import Reason
from queries.ingest.counting.rules import COUNTING_VERSION
from queries.ingest.counting.verdicts import Earlier
from queries.statements import tell


def give_way(
    connection: Connection, earlier: Sequence[Earlier], *,
    import_id: UUID | None = None, lines: Mapping[UUID, int] | None = None,
) -> None:  # fmt: skip
    """Makes repeats of the downloads that stood; their impressions go with those that stand in their place.

    These the caller stores. `lines`: where those that this import itself has counted stood in it, by id.
    """
    if not earlier:
        return
    of_import = lines or {}
    rows = [
        {"id": one.id, "episode_id": one.episode, "occurred_at": one.at, "reason": Reason.REPEAT,
         "import_id": import_id if one.id in of_import else None, "line_number": of_import.get(one.id),
         "by_id": one.by_id, "by_at": one.by_at}
        for one in earlier
    ]  # fmt: skip
    told = orjson.dumps(rows).decode()
    latest = max(one.at for one in earlier)
    tell(
        connection, "ingest/take_downloads_back",
        rule_version=COUNTING_VERSION, requests=told, earliest=min(one.at for one in earlier), latest=latest,
    )  # fmt: skip
    tell(
        connection, "ingest/move_impressions",
        downloads=told, earliest=min(one.by_at for one in earlier), latest=latest,
    )  # fmt: skip
