"""Download of the rows that an import refused."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response

from dashboard.access import READ_SYSTEM, current_viewer, require
from queries.ingest.refused import known_import, refusals_csv

blueprint = Blueprint("imports", __name__)


@blueprint.get("/imports/<uuid:import_id>/refused.csv")
@require(READ_SYSTEM)
def refused(import_id: UUID) -> Response:
    """Line, reason and detail of each refused row; 404 for an import that is not there or somebody else's."""
    actor = current_viewer().actor
    known_import(actor, import_id)
    # Page by page as it is sent: a log may have refused millions.
    response = Response(refusals_csv(actor, import_id), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{import_id}-refused.csv"'
    return response
