"""Download of a finished report."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from flask import Blueprint, Response, send_file

from dashboard.access import current_viewer, require
from queries.report_library import report_pdf
from queries.session import tenant_session

blueprint = Blueprint("reports", __name__)


@blueprint.get("/reports/<uuid:report_id>.pdf")
@require("reports.read")
def download(report_id: UUID) -> Response:
    """The PDF as a file; 404 for a report that is not ready, not there or somebody else's: the same answer."""
    with tenant_session(current_viewer().actor) as connection:
        pdf, name = report_pdf(connection, report_id)
    response = send_file(
        BytesIO(pdf), mimetype="application/pdf", as_attachment=True, download_name=name, etag=False
    )
    # A PDF of one person must not stay in a cache between them and somebody else.
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
