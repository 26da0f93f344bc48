"""What a person deletes leaves the lists; what was counted stays counted."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from queries import (
    campaign_delivery,
    campaigns,
    catalogue,
    listening,
    listening_breakdowns,
    listening_trend,
    portfolio,
)
from queries.session import tenant_session
from queries.statements import ask
from reports.sentences import audience_sentence
from tests.world import World


@pytest.fixture
def alice(world: World) -> Iterator[Connection]:
    """A writing transaction of Alice's, rolled back."""
    with tenant_session(world.people.alice, write=True) as connection:
        yield connection
        connection.rollback()


def _delete(connection: Connection, table: str, row: UUID) -> None:
    done = connection.execute(text(f"update {table} set deleted_at = now() where id = :id"), {"id": row})
    assert done.rowcount == 1


def test_an_episode_leaves_the_list_and_its_downloads_stay(world: World, alice: Connection) -> None:
    f = world.a.filters({"period": "90d"})
    before = listening_breakdowns.top_episodes(alice, f, limit=100)
    gone = world.episodes["Harbour Lights 1"]
    assert gone in {row["episode_id"] for row in before.rows}
    downloads = [row for row in listening.overview_figures(alice, f).rows if row["metric"] == "downloads"]

    _delete(alice, "episodes", gone)
    after = listening_breakdowns.top_episodes(alice, f, limit=100)
    *listed, rest = after.rows
    assert [row for row in before.rows if row["episode_id"] != gone] == listed
    # Its downloads are among the rest, so that the list still adds up to what was counted.
    assert rest["is_rest"]
    (its,) = (row for row in before.rows if row["episode_id"] == gone)
    assert rest["downloads"] == its["downloads"]
    assert after.totals == before.totals
    assert [
        row for row in listening.overview_figures(alice, f).rows if row["metric"] == "downloads"
    ] == downloads


def test_a_podcast_takes_its_episodes_out_of_the_lists(world: World, alice: Connection) -> None:
    f = world.a.filters({"period": "90d"})
    total = listening_breakdowns.top_episodes(alice, f).totals["downloads"]
    assert {row["label"] for row in listening_trend.episode_flags(alice, f).rows} > {"Night Shift 1"}

    _delete(alice, "podcasts", world.podcasts["Night Shift"])
    after = listening_breakdowns.top_episodes(alice, f, limit=100)
    assert {row["podcast_name"] for row in after.rows if not row.get("is_rest")} == {"Harbour Lights"}
    assert after.totals["downloads"] == total
    assert {row["label"].rsplit(" ", 1)[0] for row in listening_trend.episode_flags(alice, f).rows} == {
        "Harbour Lights"
    }
    assert list(catalogue.podcast_names(alice)) == [world.podcasts["Harbour Lights"]]
    assert ask(alice, "tenants/podcast_named", name="Night Shift") == []
    placed = alice.execute(text("select distinct podcast_id from podcast_placements")).scalars().all()
    assert list(placed) == [world.podcasts["Harbour Lights"]]


def test_where_nothing_but_deleted_episodes_was_downloaded_the_list_still_adds_up(
    world: World, alice: Connection
) -> None:
    f = world.a.filters({"period": "90d"})
    before = listening_breakdowns.top_episodes(alice, f, limit=100)
    alice.execute(text("update podcasts set deleted_at = now() where deleted_at is null"))
    after = listening_breakdowns.top_episodes(alice, f)
    assert after.totals == before.totals
    (rest,) = after.rows
    assert (rest["is_rest"], rest["downloads"], rest["share"]) == (True, before.totals["downloads"], 1)
    # No episode is named for them.
    said = audience_sentence(listening.overview_figures(alice, f), after, f)
    assert said.startswith("There were")
    assert "Other" not in said


def test_a_campaign_leaves_cards_and_portfolio(world: World, alice: Connection) -> None:
    f = world.a.filters({"period": "90d"})
    gone = world.campaigns["Acme always on"]
    assert gone in {row["campaign_id"] for row in campaigns.campaign_cards(alice, f).rows}
    total = portfolio.campaigns_by_stage(alice, f).totals["campaigns"]

    _delete(alice, "campaigns", gone)
    assert gone not in {row["campaign_id"] for row in campaigns.campaign_cards(alice, f).rows}
    assert portfolio.campaigns_by_stage(alice, f).totals["campaigns"] == total - 1
    assert ask(alice, "ingest/campaigns_by_id", ids=[gone]) == []


def test_an_ad_unit_is_not_served_again_and_its_delivery_stays(world: World, alice: Connection) -> None:
    f = world.a.filters({"period": "90d", "campaign": str(world.campaigns["Acme always on"])})
    before = {row["episode_id"]: row for row in campaign_delivery.delivery_by_episode(alice, f).rows}
    name, unit = next((n, u) for n, u in world.ad_units.items() if n.startswith("Acme always on/"))
    episode = world.episodes[name.split("/")[1]]
    assert before[episode]["impressions"] > 0

    _delete(alice, "ad_units", unit)
    after = {row["episode_id"]: row for row in campaign_delivery.delivery_by_episode(alice, f).rows}
    assert after[episode]["impressions"] == before[episode]["impressions"]
    assert after[episode]["title"] == before[episode]["title"]
    assert ask(alice, "ingest/ad_units_by_id", ids=[unit]) == []


def test_a_sponsor_is_found_no_more_and_its_campaigns_keep_its_name(world: World, alice: Connection) -> None:
    f = world.a.filters({"period": "90d"})
    _delete(alice, "sponsors", world.sponsors["Acme Coffee"])
    assert ask(alice, "tenants/sponsor_named", name="Acme Coffee") == []
    names = {row["sponsor_name"] for row in campaigns.campaign_cards(alice, f).rows}
    assert "Acme Coffee" in names


def test_a_booking_that_is_deleted_is_not_sold(world: World, alice: Connection) -> None:
    f = world.a.filters({"campaign": str(world.campaigns["Acme always on"])})
    assert campaign_delivery.bookings(alice, f).rows
    alice.execute(
        text("update io_bookings set deleted_at = now() where campaign_id = :id"),
        {"id": world.campaigns["Acme always on"]},
    )
    assert list(campaign_delivery.bookings(alice, f).rows) == []
