"""Transcripts, listings, revenue and matches: what podcaster, sponsor and staff get to see, and how words are found."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import psycopg
import pytest
from psycopg import errors
from psycopg.types.json import Jsonb

from tests.schema.conftest import Stage

PRICING = {"model": "cpm", "amount": 25, "currency": "USD"}


def _listing(stage: Stage, podcast: str, status: str = "published", kind: str = "mid_roll") -> UUID:
    return stage.put(
        "marketplace_listings", podcast_id=stage.world.podcasts[podcast], listing_type=kind, status=status,
        pricing=PRICING,
    )  # fmt: skip


def _transcript(stage: Stage, episode: str, content: str) -> UUID:
    tenant = (
        stage.world.b.tenant_id if episode.startswith("Nordwind") else None
    )  # fmt: skip
    return stage.put(
        "transcripts", tenant, episode_id=stage.world.episodes[episode], content=content, language="en",
        confidence_score=0.9,
    )  # fmt: skip


def test_an_episode_has_one_transcript_and_a_podcaster_its_own(stage: Stage) -> None:
    people = stage.world.people
    for episode in ("Harbour Lights 1", "Night Shift 1", "Nordwind 1"):
        _transcript(stage, episode, f"{episode} is about oats. Use the code OATS15.")
    with pytest.raises(errors.UniqueViolation), stage.connection.transaction():
        _transcript(stage, "Night Shift 1", "Another one.")
    counts = {
        name: len(stage.see(who, "select id from transcripts"))
        for name, who in (("alice", people.alice), ("bob", people.bob), ("carol", people.carol),
                          ("dora", people.dora), ("charlie", people.charlie), ("operator", people.operator))
    }  # fmt: skip
    assert counts == {"alice": 2, "bob": 0, "carol": 1, "dora": 2, "charlie": 1, "operator": 0}
    assert stage.see(None, "select id from transcripts") == []
    stage.enter(people.carol)
    assert stage.change("update transcripts set language = 'de'") == 0
    stage.enter(people.dora)
    assert stage.change("update transcripts set language = 'de'") == 2


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("confidence_score", 1.01), ("confidence_score", -0.01), ("language", "english please"), ("content", ""),
        ("cues", Jsonb([{"s": 1}])), ("cues", Jsonb([{"s": 1, "at": -1}])), ("cues", Jsonb([{"s": "1", "at": 1}])),
        ("cues", Jsonb([{"s": [1], "at": 1}])), ("cues", Jsonb([{"s": 1, "at": 1, "x": 1}])), ("cues", Jsonb([3])),
    ],
)  # fmt: skip
def test_what_no_transcript_is_like(stage: Stage, column: str, value: object) -> None:
    stage.enter(stage.world.people.alice)
    row = {
        "episode_id": stage.world.episodes["Night Shift 1"],
        "content": "Said.",
        "language": "en",
        column: value,
    }
    stage.refused(errors.CheckViolation, "transcripts", **row)


def test_words_are_found_in_scope_only(stage: Stage) -> None:
    people = stage.world.people
    for episode in ("Harbour Lights 1", "Night Shift 1", "Nordwind 1"):
        _transcript(stage, episode, f"{episode} is about oats. Use the code OATS15 at the checkout.")
    found = "select episode_id from search_transcripts(%s)"
    mine, hers = stage.world.episodes["Harbour Lights 1"], stage.world.episodes["Night Shift 1"]
    assert {row[0] for row in stage.see(people.dora, found, "oats15")} == {mine, hers}
    assert stage.see(people.carol, found, "oats15") == [(mine,)]
    assert stage.see(people.carol, found, '"the code" night') == []
    assert stage.see(people.dora, found, '"the code" night') == [(hers,)]
    assert stage.see(people.dora, found, '"code the"') == []
    assert stage.see(people.dora, found, "oats -night") == [(mine,)]
    assert stage.see(people.bob, found, "oats15") == []
    assert stage.see(None, found, "oats15") == []
    # The index follows the text, and what is deleted is not found.
    stage.enter(people.dora)
    stage.change("update transcripts set content = 'Nothing of it.' where episode_id = %s", mine)
    assert stage.rows(found, "oats15") == [(hers,)]
    assert stage.rows(found, "nothing") == [(mine,)]
    stage.change("delete from transcripts where episode_id = %s", mine)
    assert stage.rows(found, "nothing") == []


def test_names_are_found_by_a_part_in_scope_only(stage: Stage) -> None:
    people, world = stage.world.people, stage.world
    found = "select kind, entity_id from find_names(%s)"
    assert {kind for kind, _ in stage.see(people.dora, found, "arbour ligh")} == {"podcasts", "episodes"}
    assert len(stage.rows(found, "arbour ligh")) == 5
    assert stage.rows(found, "ACME")[0] == ("campaigns", world.campaigns["Acme always on"])
    assert {entity for _, entity in stage.rows(found, "glob")} == {
        world.sponsors["Globex"], world.campaigns["Globex launch"], world.campaigns["Globex next"],
    }  # fmt: skip
    assert stage.rows(found, "night") != []
    assert stage.see(people.carol, found, "night") == []
    assert stage.see(people.bob, found, "glob") == []
    assert len(stage.see(people.bob, found, "acme")) == 3
    assert stage.see(people.charlie, found, "acme") == []
    assert stage.see(None, found, "acme") == []
    # Wild cards are letters like any other, and one letter is too little.
    for nothing in ("%%", "__", "a", "\\"):
        assert stage.see(people.dora, found, nothing) == []
    stage.change("update sponsors set name = 'Initech' where id = %s", world.sponsors["Globex"])
    assert stage.rows(found, "initech") == [("sponsors", world.sponsors["Globex"])]
    stage.change("update sponsors set deleted_at = now() where id = %s", world.sponsors["Globex"])
    assert stage.rows(found, "initech") == []


def test_listings_are_the_podcasters_and_the_staffs(stage: Stage) -> None:
    people = stage.world.people
    mine, other = _listing(stage, "Harbour Lights"), _listing(stage, "Night Shift")
    for listing, amount in ((mine, 100), (mine, -10), (other, 70)):
        stage.put(
            "marketplace_revenue", listing_id=listing, amount=amount, currency="USD",
            transaction_date=date(2026, 5, 31),
        )  # fmt: skip
    seen = {
        name: (
            len(stage.see(who, "select id from marketplace_listings")),
            len(stage.see(who, "select id from marketplace_revenue")),
        )
        for name, who in (("alice", people.alice), ("bob", people.bob), ("carol", people.carol),
                          ("dora", people.dora), ("charlie", people.charlie))
    }  # fmt: skip
    assert seen == {"alice": (2, 3), "bob": (0, 0), "carol": (1, 2), "dora": (2, 3), "charlie": (0, 0)}

    stage.enter(people.carol)
    assert stage.change("update marketplace_listings set status = 'closed'") == 0
    refused = {"listing_id": mine, "amount": 5, "currency": "USD", "transaction_date": date(2026, 5, 31)}
    stage.refused(errors.InsufficientPrivilege, "marketplace_revenue", **refused)
    # Append-only, and nobody who sees all podcasts sees what they earn by that alone.
    stage.enter(people.dora)
    stage.refused_change(errors.InsufficientPrivilege, "update marketplace_revenue set amount = 1")
    stage.refused_change(errors.InsufficientPrivilege, "delete from marketplace_revenue")
    stage.change("select set_config('app.rights', 'podcasts.read_all,campaigns.read_all', true)")
    assert stage.rows("select id from marketplace_revenue") == []
    assert len(stage.rows("select id from marketplace_listings")) == 2


def test_one_open_listing_for_each_podcast_and_type(stage: Stage) -> None:
    first = _listing(stage, "Night Shift")
    with pytest.raises(errors.UniqueViolation), stage.connection.transaction():
        _listing(stage, "Night Shift", "paused")
    stage.enter(stage.world.people.dora)
    assert stage.change("update marketplace_listings set deleted_at = now() where id = %s", first) == 1
    _listing(stage, "Night Shift", "closed")
    _listing(stage, "Night Shift", "draft")


@pytest.mark.parametrize(
    "pricing",
    [
        {}, {"model": "cpm", "currency": "USD"}, {**PRICING, "amount": -1}, {**PRICING, "amount": "25"},
        {**PRICING, "model": None}, {**PRICING, "currency": "usd"}, {**PRICING, "currency": None},
        {**PRICING, "minimum_impressions": 0}, {**PRICING, "discount": 3},
    ],
    ids=str,
)  # fmt: skip
def test_what_no_price_is_like(stage: Stage, pricing: dict[str, object]) -> None:
    stage.enter(stage.world.people.alice)
    stage.refused(
        errors.CheckViolation, "marketplace_listings", podcast_id=stage.world.podcasts["Night Shift"],
        listing_type="pre_roll", pricing=pricing,
    )  # fmt: skip


def _match(stage: Stage, campaign: str, sponsor: str, podcast: str, **other: object) -> UUID:
    return stage.put(
        "matches", campaign_id=stage.world.campaigns[campaign], advertiser_id=stage.world.sponsors[sponsor],
        podcast_id=stage.world.podcasts[podcast], score=0.7, rationale="Its listeners drink coffee.", **other,
    )  # fmt: skip


def test_a_sponsor_knows_name_category_and_listing_of_a_matched_podcast(stage: Stage) -> None:
    people = stage.world.people
    _match(
        stage, "Acme always on", "Acme Coffee", "Night Shift", signals={"price_fit": 1, "category_fit": 0.4}
    )
    _match(stage, "Globex launch", "Globex", "Harbour Lights")
    published = _listing(stage, "Night Shift")
    _listing(stage, "Night Shift", "draft", "host_read")
    _listing(stage, "Harbour Lights")

    assert stage.see(people.bob, "select podcast_id from matches") == [(stage.world.podcasts["Night Shift"],)]
    assert stage.rows("select id from podcasts") == []
    assert stage.rows("select id from marketplace_listings") == []
    assert stage.rows("select * from matched_podcasts") == [
        (
            stage.world.a.tenant_id, stage.world.campaigns["Acme always on"], stage.world.podcasts["Night Shift"],
            "Night Shift", None, published, "mid_roll", PRICING,
        )
    ]  # fmt: skip
    assert len(stage.see(people.dora, "select 1 from matched_podcasts")) == 2
    for nobody in (people.carol, people.charlie, people.operator, None):
        assert stage.see(nobody, "select 1 from matched_podcasts") == []
        assert stage.rows("select 1 from matches") == []
    # A podcast without a listing is still suggested; a deleted one is not.
    stage.enter(people.dora)
    stage.change("update marketplace_listings set status = 'paused' where id = %s", published)
    assert stage.see(people.bob, "select listing_id, listing_type, pricing from matched_podcasts") == [
        (None, None, None)
    ]
    stage.enter(people.dora)
    stage.change("update podcasts set deleted_at = now() where name = 'Night Shift'")
    assert stage.see(people.bob, "select 1 from matched_podcasts") == []
    assert stage.change("update matches set score = 1") == 0


def test_a_match_is_of_the_campaigns_own_sponsor_and_in_range(stage: Stage) -> None:
    with pytest.raises(errors.ForeignKeyViolation), stage.connection.transaction():
        _match(stage, "Acme always on", "Globex", "Night Shift")
    with pytest.raises(errors.ForeignKeyViolation), stage.connection.transaction():
        _match(stage, "Acme always on", "Acme Coffee", "Nordwind")
    for signals in ({"price_fit": 1.2}, {"price_fit": "high"}, {"price_fit": [0.4]}, {"moon": 0.5}):
        with pytest.raises(psycopg.errors.CheckViolation), stage.connection.transaction():
            _match(stage, "Acme always on", "Acme Coffee", "Night Shift", signals=signals)


def test_searches_use_their_indexes_where_the_server_has_them(stage: Stage) -> None:
    """Asked as the functions ask, without row security in the way; pg_trgm is not everywhere."""
    stage.enter(None, "podboard_owner")
    stage.change("set local enable_seqscan = off")
    stage.change("set local enable_indexscan = off")

    def plan(statement: str) -> str:
        return "\n".join(row[0] for row in stage.rows(f"explain {statement}"))

    words = "select 1 from internal.transcript_search where words @@ websearch_to_tsquery('simple', 'oats')"
    assert "transcript_search_words" in plan(words)
    has_trigrams = bool(stage.rows("select 1 from pg_extension where extname = 'pg_trgm'"))
    assert has_trigrams == bool(stage.rows("select 1 from pg_class where relname = 'names_trigrams'"))
    assert (
        "names_trigrams" in plan("select 1 from internal.names where name like '%%harbour%%'")
    ) == has_trigrams
