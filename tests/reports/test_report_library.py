"""Asking for reports, seeing them, and making each once: scope, idempotency, leases; on the real database."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.exc import DBAPIError

from queries import report_library as library
from queries.errors import InvalidRequest, NotFound, TenantMissing
from queries.session import Actor, tenant_session
from tests.reports.conftest import Office


def ask_for(
    office: Office,
    name: str,
    campaign: str | None = "Spring sale",
    *,
    key: str | None = None,
    title: str = "",
    parameters: Mapping[str, str] | None = None,
) -> UUID:
    """A report that this person queued."""
    person = office.people[name]
    assert person.user_id is not None
    given = dict(parameters or {})
    if campaign:
        given["campaign"] = str(office.campaigns[campaign])
    with tenant_session(person, write=True) as connection:
        return library.request_report(
            connection,
            report_type="campaign_performance" if campaign else "podcast_audience",
            parameters=given,
            title=title,
            created_by=person.user_id,
            idempotency_key=key,
        )


def seen_by(office: Office, name: str, **options: object) -> list[str]:
    """Titles in this person's library."""
    with tenant_session(office.people[name]) as connection:
        return [row["title"] for row in library.report_library(connection, **options).rows]  # type: ignore[arg-type]


def status(office: Office, report_id: UUID) -> str:
    """The status that truly stands in the table."""
    return str(office.rows("select status from reports where id = %s", [report_id])[0]["status"])


def finish(claim: library.ClaimedReport, pdf: bytes = b"%PDF-1.7 done") -> bool:
    """Whether this attempt's result was taken."""
    return library.store_report(
        claim,
        title="Subject",
        snapshot={"version": 1, "title": "Spring sale"},
        podcast_ids=[],
        pdf=pdf,
        page_count=3,
    )


def test_a_report_waits_with_its_days_fixed(clean: Office) -> None:
    report_id = ask_for(clean, "dora", title="For the board")
    with tenant_session(clean.people["dora"]) as connection:
        row = library.report_status(connection, report_id)
    assert (row["title"], row["report_type"], row["status"], row["progress_percent"]) == (
        "For the board",
        "campaign_performance",
        "queued",
        0,
    )
    assert row["created_by_name"] == "Dora"
    (stored,) = clean.rows("select parameters, campaign_id from reports")
    assert stored["campaign_id"] == clean.campaigns["Spring sale"]
    assert set(stored["parameters"]) == {"from", "to", "campaign"}  # "the last 30 days" would move


def test_without_a_period_it_covers_what_the_campaigns_page_opens_on(clean: Office) -> None:
    today = datetime.now(ZoneInfo("America/New_York")).date()
    ask_for(clean, "dora")
    over = (today - timedelta(days=90), today - timedelta(days=60))
    campaign = [clean.campaigns["Autumn ride"]]
    as_it_was = clean.rows("select start_date, end_date from campaigns where id = %s", campaign)[0]
    move = "update campaigns set start_date = %s, end_date = %s where id = %s"
    # The booking is put out of the way: the flight is the campaign's days together with those of its bookings.
    clean.rows(
        "update io_bookings set starts_on = %s, ends_on = %s where campaign_id = %s", [*over, *campaign]
    )
    clean.rows(move, [*over, *campaign])
    try:
        ask_for(clean, "dora", "Autumn ride")
    finally:
        clean.rows(move, [*as_it_was.values(), *campaign])
        clean.rows(
            "update io_bookings set starts_on = %s, ends_on = %s where campaign_id = %s",
            [*as_it_was.values(), *campaign],
        )
    stored = clean.rows("select parameters from reports order by created_at")
    days = [(row["parameters"]["from"], row["parameters"]["to"]) for row in stored]
    assert days == [
        ((today - timedelta(days=30)).isoformat(), (today - timedelta(days=1)).isoformat()),
        (over[0].isoformat(), over[1].isoformat()),
    ]


def test_without_a_title_it_bears_the_campaigns_name(clean: Office) -> None:
    ask_for(clean, "dora")
    assert seen_by(clean, "dora") == ["Spring sale"]


def test_the_same_key_asks_once_and_another_question_under_it_is_refused(clean: Office) -> None:
    first = ask_for(clean, "dora", key="press-0001")
    assert ask_for(clean, "dora", key="press-0001") == first
    assert ask_for(clean, "alice", key="press-0001") != first
    with pytest.raises(InvalidRequest):
        ask_for(clean, "dora", "Autumn ride", key="press-0001")
    assert len(clean.rows("select id from reports")) == 2


def test_two_clicks_at_once_make_one_report(clean: Office) -> None:
    ready = threading.Barrier(6)
    made: list[UUID] = []

    def click() -> None:
        ready.wait()
        made.append(ask_for(clean, "dora", key="at-the-same-time"))

    threads = [threading.Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 6
    assert len(set(made)) == 1


def test_nobody_reports_on_what_they_may_not_see(clean: Office) -> None:
    for name, campaign in (
        ("bob", "Autumn ride"),
        ("charlie", "Spring sale"),
        ("carol", "Spring sale"),
        ("alice", "Zeta launch"),
    ):
        with pytest.raises(NotFound):
            ask_for(clean, name, campaign)
    with pytest.raises(NotFound):  # a sponsor has no podcast
        ask_for(clean, "bob", None)
    with pytest.raises(NotFound):  # a podcaster has its own
        ask_for(clean, "carol", None, parameters={"podcast": str(clean.podcasts["Kitchen Table Economics"])})
    with pytest.raises(NotFound):
        ask_for(clean, "alice", None, parameters={"podcast": str(clean.podcasts["Foreign Show"])})
    with pytest.raises(NotFound):
        ask_for(clean, "alice", None, parameters={"podcast": str(uuid4())})
    assert clean.rows("select id from reports") == []


@pytest.mark.parametrize(
    "parameters",
    [{}, {"campaign": "17"}, {"campaign": "x" * 500}, {"from": "2026-02-30", "to": "2026-03-01"}],
)
def test_what_cannot_be_understood_is_refused(clean: Office, parameters: dict[str, str]) -> None:
    person = clean.people["dora"]
    assert person.user_id is not None
    given = (
        {"campaign": str(clean.campaigns["Spring sale"]), **parameters}
        if "from" in parameters
        else parameters
    )
    with tenant_session(person, write=True) as connection, pytest.raises(InvalidRequest):
        library.request_report(
            connection,
            report_type="campaign_performance",
            parameters=given,
            title="",
            created_by=person.user_id,
        )


def test_an_unknown_kind_and_a_short_key_are_refused(clean: Office) -> None:
    person = clean.people["dora"]
    assert person.user_id is not None
    with tenant_session(person, write=True) as connection:
        with pytest.raises(InvalidRequest):
            library.request_report(
                connection, report_type="everything", parameters={}, title="", created_by=person.user_id
            )
        with pytest.raises(InvalidRequest):
            library.request_report(
                connection,
                report_type="podcast_audience",
                parameters={},
                title="",
                created_by=person.user_id,
                idempotency_key="1",
            )


def test_nobody_can_ask_in_somebody_elses_name(clean: Office) -> None:
    bob, dora = clean.people["bob"], clean.people["dora"]
    assert dora.user_id is not None
    with pytest.raises(DBAPIError, match="row-level security"), tenant_session(bob, write=True) as connection:
        library.request_report(
            connection,
            report_type="campaign_performance",
            parameters={"campaign": str(clean.campaigns["Spring sale"])},
            title="",
            created_by=dora.user_id,
        )


def test_too_many_waiting_reports_are_refused_until_some_are_made(
    clean: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "MOST_WAITING", 2)
    ask_for(clean, "dora", key="number-one")
    ask_for(clean, "dora")
    with pytest.raises(InvalidRequest, match="still being made"):
        ask_for(clean, "dora")
    assert ask_for(clean, "dora", key="number-one")  # the same press again is still answered
    ask_for(clean, "alice")


def test_a_sponsor_sees_its_own_reports_alone_and_strangers_none(clean: Office) -> None:
    his = ask_for(clean, "bob", title="Bob's")
    hers = ask_for(clean, "dora", title="Dora's")
    assert seen_by(clean, "alice") == ["Dora's", "Bob's"]
    assert seen_by(clean, "dora") == ["Dora's", "Bob's"]
    assert seen_by(clean, "bob") == ["Bob's"]
    assert seen_by(clean, "carol") == []
    assert seen_by(clean, "charlie") == []
    for name, foreign in (("bob", hers), ("carol", his), ("charlie", his), ("alice", uuid4())):
        for question in (
            library.report_status,
            library.report_pdf,
            library.report_snapshot,
            library.cancel_report,
        ):
            with tenant_session(clean.people[name], write=True) as connection, pytest.raises(NotFound):
                question(connection, foreign)
    assert status(clean, his) == status(clean, hers) == "queued"
    with pytest.raises(TenantMissing), tenant_session(Actor(None)) as connection:
        library.report_library(connection)


def test_a_right_that_was_taken_away_counts_for_old_reports_too(clean: Office) -> None:
    report_id = ask_for(clean, "bob")
    claim = library.unscoped_claim_report()
    assert claim is not None
    assert finish(claim)
    bob = clean.people["bob"]
    with tenant_session(bob) as connection:
        assert library.report_pdf(connection, report_id)[0] == b"%PDF-1.7 done"
    owned = clean.rows(
        "delete from resource_ownership where owner_id = %s returning tenant_id, resource_type, resource_id, owner_id",
        [bob.user_id],
    )
    try:
        assert seen_by(clean, "bob") == []
        with tenant_session(bob) as connection, pytest.raises(NotFound):
            library.report_pdf(connection, report_id)
    finally:
        clean.rows(
            "insert into resource_ownership (tenant_id, resource_type, resource_id, owner_id) "
            "values (%(tenant_id)s, %(resource_type)s, "
            "%(resource_id)s, %(owner_id)s)",
            owned[0],
        )  # type: ignore[arg-type]
    assert seen_by(clean, "bob") == ["Spring sale"]


def test_the_library_is_searched_and_paged(clean: Office) -> None:
    for title in ("October 50 %", "November", "October review"):
        ask_for(clean, "dora", title=title)
    assert seen_by(clean, "dora", search="octo") == ["October review", "October 50 %"]
    assert seen_by(clean, "dora", search="%") == ["October 50 %"]
    assert seen_by(clean, "dora", search="_") == []
    assert seen_by(clean, "dora", limit=2) == ["October review", "November"]
    assert seen_by(clean, "dora", limit=2, offset=2) == ["October 50 %"]
    with tenant_session(clean.people["dora"]) as connection:
        assert library.report_library(connection, limit=2).totals["has_more"]
        assert not library.report_library(connection, limit=3).totals["has_more"]


def test_reports_are_counted_by_status_for_who_may_see_them(clean: Office) -> None:
    ask_for(clean, "bob")
    claim = library.unscoped_claim_report()
    assert claim is not None
    assert finish(claim)
    ask_for(clean, "dora")
    counts = {}
    for name in ("dora", "bob", "charlie"):
        with tenant_session(clean.people[name]) as connection:
            counts[name] = library.reports_by_status(connection)
    assert counts == {"dora": {"queued": 1, "ready": 1}, "bob": {"ready": 1}, "charlie": {}}


def test_a_cancelled_report_is_not_made(clean: Office) -> None:
    report_id = ask_for(clean, "dora")
    with tenant_session(clean.people["dora"], write=True) as connection:
        assert library.cancel_report(connection, report_id)
        assert not library.cancel_report(connection, report_id)
    assert library.unscoped_claim_report() is None
    assert status(clean, report_id) == "cancelled"


def test_a_report_goes_to_one_of_many_workers(clean: Office) -> None:
    for _ in range(3):
        ask_for(clean, "dora")
    ready = threading.Barrier(8)
    claims: list[library.ClaimedReport | None] = []

    def claim() -> None:
        ready.wait()
        claims.append(library.unscoped_claim_report())

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got = [claim.report_id for claim in claims if claim]
    assert len(got) == len(set(got)) == 3
    assert library.unscoped_claim_report() is None


def test_reports_are_made_in_the_order_they_were_asked_for_over_all_tenants(clean: Office) -> None:
    first = ask_for(clean, "dora")
    second = ask_for(clean, "charlie", "Zeta launch")
    claims = [library.unscoped_claim_report(), library.unscoped_claim_report()]
    assert [claim and claim.report_id for claim in claims] == [first, second]
    assert [claim and claim.tenant_id for claim in claims] == [
        clean.people["dora"].tenant_id,
        clean.people["charlie"].tenant_id,
    ]


def test_after_the_lease_another_worker_has_it_and_the_first_has_no_effect_any_more(clean: Office) -> None:
    report_id = ask_for(clean, "dora")
    dead = library.unscoped_claim_report(lease_seconds=0)
    assert dead is not None
    heir = library.unscoped_claim_report()
    assert heir is not None
    assert (heir.report_id, dead.attempt, heir.attempt) == (report_id, 1, 2)
    assert not library.note_progress(dead, 90, "Storing")
    assert not library.fail_report(dead, "too late")
    assert not finish(dead, b"%PDF-1.7 of the dead")
    assert library.note_progress(heir, 50, "Reading")
    assert finish(heir)
    assert not finish(heir, b"%PDF-1.7 twice")
    (row,) = clean.rows(
        "select status, pdf, attempts, progress_percent, page_count, lease_until from reports"
    )
    assert row == {
        "status": "ready",
        "pdf": b"%PDF-1.7 done",
        "attempts": 2,
        "progress_percent": 100,
        "page_count": 3,
        "lease_until": None,
    }
    assert clean.rows("select * from internal.report_queue") == []


def test_progress_keeps_the_lease_and_never_goes_back(clean: Office) -> None:
    ask_for(clean, "dora")
    claim = library.unscoped_claim_report(lease_seconds=2)
    assert claim is not None
    assert library.note_progress(claim, 60, "Drawing")
    assert library.note_progress(claim, 40, "Reading")
    (row,) = clean.rows("select progress_percent, progress_note, lease_until > now() as held from reports")
    assert row == {"progress_percent": 60, "progress_note": "Reading", "held": True}
    (queued,) = clean.rows(
        "select q.lease_until = r.lease_until as same from internal.report_queue q join reports r on r.id = q.report_id"
    )
    assert queued["same"]


def test_a_report_that_kills_its_workers_ends_as_failed(clean: Office) -> None:
    report_id = ask_for(clean, "dora")
    for attempt in range(1, library.MOST_ATTEMPTS + 1):
        claim = library.unscoped_claim_report(lease_seconds=0)
        assert claim is not None
        assert claim.attempt == attempt
    assert library.unscoped_claim_report() is None
    with tenant_session(clean.people["dora"]) as connection:
        row = library.report_status(connection, report_id)
    assert row["status"] == "failed"
    assert row["error_message"] == "This report could not be finished in 3 attempts."


def test_the_file_name_follows_a_pattern_and_the_bytes_are_checked(clean: Office) -> None:
    report_id = ask_for(
        clean, "dora", title='../"Größe"\r\nX: 1', parameters={"from": "2026-10-01", "to": "2026-10-31"}
    )
    claim = library.unscoped_claim_report()
    assert claim is not None
    assert library.store_report(
        claim,
        title="x",
        snapshot={"version": 1, "title": 'Größe / "x"\r\n; é'},
        podcast_ids=[],
        pdf=b"%PDF-1.7 done",
        page_count=1,
    )
    with tenant_session(clean.people["dora"]) as connection:
        assert library.report_pdf(connection, report_id) == (
            b"%PDF-1.7 done",
            "podboard-campaign-performance-grosse-x-e-2026-10-01-2026-10-31.pdf",
        )
        assert library.report_snapshot(connection, report_id)["version"] == 1
    clean.rows("update reports set pdf = 'changed'")
    with tenant_session(clean.people["dora"]) as connection, pytest.raises(NotFound):
        library.report_pdf(connection, report_id)
