"""Access policies count: what each gives and takes, for one person or one role, and that a deny has the last word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from queries.people import token_hash
from queries.session import Actor
from tests.schema.conftest import Stage
from tests.world import World

DENIED = psycopg.errors.InsufficientPrivilege
# A rule of the tables below: effect, action, subject (a person or a role), type of resource, names (None: every one).
Rule = tuple[str, str, str, str, tuple[str, ...] | None]
EVERY_PODCAST = {"Harbour Lights", "Night Shift"}
EVERY_CAMPAIGN = {"Acme always on", "Acme earlier", "Globex launch", "Globex next"}
ACMES, GLOBEXES = {"Acme always on", "Acme earlier"}, {"Globex launch", "Globex next"}


def _ids(world: World, kind: str, names: tuple[str, ...]) -> list[str]:
    found = {"podcast": world.podcasts, "sponsor": world.sponsors, "campaign": world.campaigns}[kind]
    return [str(found[name]) for name in names]


def _put(stage: Stage, *rules: Rule, **changes: Any) -> None:
    for effect, action, subject, kind, names in rules:
        person = getattr(stage.world.people, subject, None)
        definition: dict[str, Any] = {
            "version": 1, "effect": effect, "actions": [action],
            "subjects": {"users": [str(person.user_id)]} if person else {"roles": [subject]},
            "resource": {"type": kind} | ({} if names is None else {"ids": _ids(stage.world, kind, names)}),
        }  # fmt: skip
        outside = {key: changes[key] for key in ("enabled", "deleted_at", "tenant") if key in changes}
        inside = {key: value for key, value in changes.items() if key not in outside}
        stage.put(
            "access_control_policies", name=str(uuid4()), policy_definition=definition | inside, **outside
        )


def _seen(stage: Stage, who: Actor) -> tuple[set[str], set[str], set[str]]:
    """Podcasts, campaigns and sponsors."""
    stage.enter(who)
    podcasts, campaigns, sponsors = (
        {name for (name,) in stage.rows(f"select name from {table}")}
        for table in ("podcasts", "campaigns", "sponsors")
    )
    return podcasts, campaigns, sponsors


@pytest.mark.parametrize(
    ("rules", "who", "podcasts", "campaigns", "sponsors"),
    [
        # Without a policy: roles and ownership alone.
        ([], "dora", EVERY_PODCAST, EVERY_CAMPAIGN, {"Acme Coffee", "Globex"}),
        ([], "bob", set(), ACMES, {"Acme Coffee"}),
        ([], "carol", {"Harbour Lights"}, set(), set()),
        # Given: to a person, to a role; one podcast, one campaign, a sponsor with its campaigns.
        ([("allow", "podcasts.read_own", "carol", "podcast", ("Night Shift",))], "carol", EVERY_PODCAST, set(), set()),
        ([("allow", "podcasts.read_own", "podcaster", "podcast", ("Night Shift",))],
         "carol", EVERY_PODCAST, set(), set()),
        ([("allow", "podcasts.read_own", "podcaster", "podcast", ("Night Shift",))],
         "bob", set(), ACMES, {"Acme Coffee"}),
        ([("allow", "campaigns.read_own", "carol", "campaign", ("Globex next",))],
         "carol", {"Harbour Lights"}, {"Globex next"}, set()),
        ([("allow", "campaigns.read_own", "bob", "sponsor", ("Globex",))],
         "bob", set(), EVERY_CAMPAIGN, {"Acme Coffee", "Globex"}),
        ([("allow", "podcasts.read_all", "bob", "podcast", None)], "bob", EVERY_PODCAST, ACMES, {"Acme Coffee"}),
        # An action that does not concern the kind of resource gives nothing.
        ([("allow", "podcasts.read_all", "bob", "campaign", None)], "bob", set(), ACMES, {"Acme Coffee"}),
        # Taken: from who sees all, from who sees their own, as a whole.
        ([("deny", "podcasts.read_all", "dora", "podcast", ("Night Shift",))],
         "dora", {"Harbour Lights"}, EVERY_CAMPAIGN, {"Acme Coffee", "Globex"}),
        ([("deny", "campaigns.read_all", "account_manager", "sponsor", ("Globex",))],
         "dora", EVERY_PODCAST, ACMES, {"Acme Coffee"}),
        ([("deny", "campaigns.read_all", "dora", "campaign", ("Globex next",))],
         "dora", EVERY_PODCAST, EVERY_CAMPAIGN - {"Globex next"}, {"Acme Coffee", "Globex"}),
        ([("deny", "campaigns.read_own", "bob", "campaign", ("Acme earlier",))],
         "bob", set(), {"Acme always on"}, {"Acme Coffee"}),
        ([("deny", "podcasts.read_own", "carol", "podcast", None)], "carol", set(), set(), set()),
        ([("deny", "podcasts.read_all", "dora", "podcast", None)],
         "dora", set(), EVERY_CAMPAIGN, {"Acme Coffee", "Globex"}),
        # Deny outranks allow, whichever was written first, of a person or a role.
        ([("allow", "podcasts.read_own", "carol", "podcast", ("Night Shift",)),
          ("deny", "podcasts.read_own", "podcaster", "podcast", ("Night Shift",))],
           "carol", {"Harbour Lights"}, set(), set()),
        ([("deny", "podcasts.read_own", "carol", "podcast", None),
          ("allow", "podcasts.read_own", "carol", "podcast", ("Night Shift",))], "carol", set(), set(), set()),
        ([("deny", "campaigns.read_own", "sponsor", "campaign", ("Globex next",)),
          ("allow", "campaigns.read_own", "bob", "sponsor", ("Globex",))],
         "bob", set(), EVERY_CAMPAIGN - {"Globex next"}, {"Acme Coffee", "Globex"}),
        ([("allow", "campaigns.read_all", "bob", "sponsor", None),
          ("deny", "campaigns.read_own", "bob", "sponsor", ("Acme Coffee",))], "bob", set(), GLOBEXES, {"Globex"}),
    ],
)  # fmt: skip
def test_what_is_seen(
    stage: Stage, rules: list[Rule], who: str, podcasts: set[str], campaigns: set[str], sponsors: set[str]
) -> None:
    _put(stage, *rules)
    assert _seen(stage, getattr(stage.world.people, who)) == (podcasts, campaigns, sponsors)


def test_who_is_kept_from_one_makes_and_sees_new_ones(stage: Stage) -> None:
    """A deny is no list of the others as they were: what comes later is seen, by whoever made it too."""
    world, people = stage.world, stage.world.people
    _put(stage, ("deny", "campaigns.read_all", "dora", "campaign", ("Globex next",)),
         ("deny", "podcasts.read_all", "dora", "podcast", ("Night Shift",)))  # fmt: skip
    stage.enter(people.dora)
    days = {"start_date": "2026-01-01", "end_date": "2026-02-01"}
    for table, values in (
        ("sponsors", {}), ("podcasts", {}), ("campaigns", days | {"sponsor_id": world.sponsors["Globex"]}),
    ):  # fmt: skip
        stage.insert(table, name="New", **values)
        assert stage.rows(f"select name from {table} where name = 'New'") == [("New",)]
    assert stage.rows(
        "insert into campaigns (tenant_id, sponsor_id, name, start_date, end_date) "
        "select tenant_id, id, 'Newer', '2026-01-01', '2026-02-01' from sponsors where name = 'New' returning name"
    ) == [("Newer",)]
    ((podcast,),) = stage.rows("select id from podcasts where name = 'New'")
    stage.insert("episodes", podcast_id=podcast, title="Pilot")
    assert stage.rows("select title from episodes where title = 'Pilot'") == [("Pilot",)]
    assert stage.rows("select name from campaigns where name = 'Globex next'") == []
    # Made by somebody else while the session goes on.
    stage.connection.execute("reset role")
    stage.connection.execute(
        "insert into podcasts (tenant_id, name) values (%s, 'Another')", [world.a.tenant_id]
    )
    stage.connection.execute("set local role podboard_web")
    assert {name for (name,) in stage.rows("select name from podcasts")} == {
        "Harbour Lights",
        "New",
        "Another",
    }
    assert _seen(stage, people.dora)[1] == EVERY_CAMPAIGN - {"Globex next"} | {"New", "Newer"}
    assert stage.see(people.charlie, "select count(*) from podcasts where name in ('New', 'Another')") == [
        (0,)
    ]


def test_who_is_kept_from_a_sponsor_is_kept_from_its_new_campaigns(stage: Stage) -> None:
    world, people = stage.world, stage.world.people
    _put(stage, ("deny", "campaigns.read_all", "dora", "sponsor", ("Globex",)))
    campaign = {"name": "New", "start_date": "2026-01-01", "end_date": "2026-02-01"}
    stage.enter(people.dora)
    stage.refused(DENIED, "campaigns", sponsor_id=world.sponsors["Globex"], **campaign)
    stage.insert("campaigns", sponsor_id=world.sponsors["Acme Coffee"], **campaign)
    stage.refused_change(
        DENIED, f"update campaigns set sponsor_id = '{world.sponsors['Globex']}' where name = 'New'"
    )
    stage.connection.execute("reset role")
    stage.connection.execute(
        "insert into campaigns (tenant_id, sponsor_id, name, start_date, end_date) "
        "values (%s, %s, 'Theirs', '2026-01-01', '2026-02-01')",
        [world.a.tenant_id, world.sponsors["Globex"]],
    )
    stage.connection.execute("set local role podboard_web")
    for relation in ("campaigns c", "campaigns c where c.id in (select app_campaigns())"):
        assert {name for (name,) in stage.rows(f"select c.name from {relation}")} == ACMES | {"New"}
    assert stage.rows("select count(*) from app_sponsors() s where s = %s", world.sponsors["Globex"]) == [
        (0,)
    ]


def test_a_scope_of_another_tenants_is_no_scope(stage: Stage) -> None:
    """Whoever forges "all but" sees the tenant that is set, whatever stands behind it."""
    world, people = stage.world, stage.world.people
    for tenant, seen in ((people.charlie, {"Nordwind"}), (people.dora, EVERY_PODCAST)):
        stage.enter(tenant)
        stage.rows("select set_config('app.podcast_scope', 'but:' || %s, true)", str(world.a.tenant_id))
        found = {
            name for (name,) in stage.rows("select name from podcasts where id in (select app_podcasts())")
        }
        assert found == seen


@pytest.mark.parametrize(
    ("rules", "who", "podcasts", "campaigns"),
    [
        ([], "dora", EVERY_PODCAST, EVERY_CAMPAIGN),
        ([], "carol", set(), set()),
        ([("allow", "catalogue.manage", "carol", "podcast", ("Harbour Lights",))], "carol", {"Harbour Lights"}, set()),
        ([("allow", "catalogue.manage", "podcaster", "podcast", None)], "carol", {"Harbour Lights"}, set()),
        # A right to act gives no sight.
        ([("allow", "catalogue.manage", "carol", "podcast", ("Night Shift",))], "carol", set(), set()),
        ([("allow", "campaigns.manage", "bob", "sponsor", ("Acme Coffee",))], "bob", set(), ACMES),
        ([("allow", "campaigns.manage", "bob", "campaign", ("Acme earlier",))], "bob", set(), {"Acme earlier"}),
        ([("deny", "catalogue.manage", "account_manager", "podcast", ("Night Shift",))],
         "dora", {"Harbour Lights"}, EVERY_CAMPAIGN),
        ([("deny", "campaigns.manage", "dora", "sponsor", ("Globex",))], "dora", EVERY_PODCAST, ACMES),
        ([("deny", "campaigns.manage", "dora", "campaign", None)], "dora", EVERY_PODCAST, set()),
        # A deny of what is not asked row by row takes it altogether.
        ([("deny", "catalogue.manage", "dora", "campaign", ("Globex next",))], "dora", set(), EVERY_CAMPAIGN),
        ([("allow", "catalogue.manage", "carol", "podcast", None),
          ("deny", "catalogue.manage", "carol", "podcast", ("Harbour Lights",))], "carol", set(), set()),
    ],
)  # fmt: skip
def test_what_is_changed(
    stage: Stage, rules: list[Rule], who: str, podcasts: set[str], campaigns: set[str]
) -> None:
    _put(stage, *rules)
    stage.enter(getattr(stage.world.people, who))
    for table, expected in (("podcasts", podcasts), ("campaigns", campaigns)):
        changed = {name for (name,) in stage.rows(f"update {table} set description = 'x' returning name")}
        assert changed == expected, table


def test_what_hangs_on_a_resource_follows_it(stage: Stage) -> None:
    """Episodes and transcripts follow the podcast; ad units, bookings and matches the campaign."""
    world = stage.world
    _put(stage, ("allow", "catalogue.manage", "carol", "podcast", ("Harbour Lights",)),
         ("deny", "catalogue.manage", "dora", "podcast", ("Harbour Lights",)),
         ("deny", "campaigns.manage", "dora", "sponsor", ("Acme Coffee",)),
         ("allow", "campaigns.manage", "bob", "campaign", ("Acme earlier",)))  # fmt: skip
    stage.enter(world.people.carol)
    of_harbour = stage.change("update episodes set description = 'x'")
    assert of_harbour == len([title for title in world.episodes if title.startswith("Harbour")])
    stage.enter(world.people.dora)
    titles = {title for (title,) in stage.rows("update episodes set description = 'x' returning title")}
    assert titles
    assert not [title for title in titles if title.startswith("Harbour")]
    for table in ("ad_units", "io_bookings"):
        left = {row[0] for row in stage.rows(f"update {table} set updated_at = now() returning campaign_id")}
        assert left == {world.campaigns[name] for name in GLOBEXES}, table
    stage.enter(world.people.bob)
    assert {row[0] for row in stage.rows("update ad_units set updated_at = now() returning campaign_id")} == {
        world.campaigns["Acme earlier"]
    }


def test_reports_follow_what_is_in_them(stage: Stage) -> None:
    world, people = stage.world, stage.world.people
    campaign = {"report_type": "campaign_performance", "campaign_id": world.campaigns["Acme always on"]}
    podcasts = {"report_type": "podcast_audience", "podcast_ids": list(world.podcasts.values())[:2]}
    made = stage.put("reports", created_by=people.bob.user_id, **campaign)
    both = stage.put("reports", created_by=people.dora.user_id, **podcasts)
    _put(stage, ("deny", "reports.create", "sponsor", "sponsor", ("Acme Coffee",)),
         ("deny", "reports.read", "dora", "podcast", ("Night Shift",)))  # fmt: skip
    stage.enter(people.bob)
    assert stage.rows("select id from reports where id = %s", made) == [(made,)]
    stage.refused(DENIED, "reports", created_by=people.bob.user_id, **campaign)
    assert stage.change("delete from reports where id = %s", made) == 0
    schedule = {"name": "x", "cron": "0 7 * * 1", "enabled": False, "created_by": people.bob.user_id}
    stage.refused(DENIED, "report_schedules", **schedule, **campaign)
    stage.enter(people.dora)
    assert stage.rows("select id from reports where id = any (%s)", [made, both]) == [(made,)]
    assert stage.change("delete from reports where id = %s", made) == 1
    _put(stage, ("deny", "reports.read", "dora", "campaign", None))
    stage.enter(people.dora)
    assert stage.rows("select id from reports") == []


@pytest.mark.parametrize(
    "changes",
    [{"enabled": False}, {"deleted_at": datetime.now(UTC)}, {"until": "2020-01-31"}],
    ids=["switched off", "deleted", "over"],
)
def test_a_policy_that_does_not_hold_any_more(stage: Stage, changes: dict[str, Any]) -> None:
    _put(stage, ("allow", "podcasts.read_own", "carol", "podcast", ("Night Shift",)), **changes)
    assert _seen(stage, stage.world.people.carol)[0] == {"Harbour Lights"}


def test_a_policy_holds_through_its_last_day(stage: Stage) -> None:
    """The tenant's own day; and what was no day of the calendar, which a release of before took, locks nobody out."""
    zone = stage.see(
        stage.world.people.alice, "select to_char(now() at time zone tenant_time_zone(), 'YYYY-MM-DD')"
    )
    for last, seen in ((zone[0][0], EVERY_PODCAST), ("2020-02-31", {"Harbour Lights"})):
        with stage.connection.transaction(force_rollback=True):
            stage.connection.execute("reset role")
            stage.connection.execute(
                "alter table access_control_policies drop constraint access_control_policies_until_is_a_day"
            )
            _put(stage, ("allow", "podcasts.read_own", "carol", "podcast", ("Night Shift",)), until=last)
            assert _seen(stage, stage.world.people.carol)[0] == seen


def test_nobody_gains_more_than_the_tenants(stage: Stage) -> None:
    """Another tenant's ids stand for nothing, another tenant's policy for nobody here, and an operator has none."""
    world = stage.world
    ids = [str(world.podcasts["Nordwind"])]
    stage.put("access_control_policies", name="x", policy_definition={
        "version": 1, "effect": "allow", "actions": ["podcasts.read_own", "catalogue.manage"],
        "subjects": {"roles": ["podcaster", "operator"]}, "resource": {"type": "podcast", "ids": ids},
    })  # fmt: skip
    _put(stage, ("allow", "podcasts.read_all", "carol", "podcast", None), tenant=world.b.tenant_id)
    assert _seen(stage, world.people.carol)[0] == {"Harbour Lights"}
    assert stage.rows("select count(*) from app_granted('catalogue.manage')") == [(0,)]
    stage.enter(world.people.operator)
    assert stage.rows("select current_setting('app.granted'), count(*) from podcasts") == [("", 0)]


def test_what_one_session_was_given_is_gone_with_it(stage: Stage) -> None:
    _put(stage, ("allow", "catalogue.manage", "carol", "podcast", ("Harbour Lights",)),
         ("deny", "campaigns.manage", "carol", "campaign", ("Globex next",)))  # fmt: skip
    stage.enter(stage.world.people.carol)
    assert stage.rows("select count(*) from app_granted('catalogue.manage')") == [(1,)]
    assert stage.rows("select count(*) from app_denied('campaigns.manage')") == [(1,)]
    stage.enter(stage.world.people.dora)
    assert stage.rows("select count(*) from app_granted('catalogue.manage')") == [(0,)]
    stage.enter_tenant(stage.world.a.tenant_id)
    assert stage.rows("select count(*) from app_denied('campaigns.manage')") == [(0,)]


def test_pages_ask_the_same(stage: Stage) -> None:
    """What a cookie's session says of its person follows the policies: gate and database agree."""
    people = stage.world.people
    _put(stage, ("allow", "catalogue.manage", "carol", "podcast", ("Harbour Lights",)),
         ("deny", "reports.create", "podcaster", "podcast", None))  # fmt: skip
    now = datetime.now(UTC)
    stage.put(
        "sessions",
        token_hash=token_hash("t"),
        user_id=people.carol.user_id,
        expires_at=now + timedelta(hours=1),
    )
    stage.enter(None)
    (row,) = stage.rows(
        "select permissions from session_open(%s, now(), now() - interval '1 hour', now())", token_hash("t")
    )
    assert set(row[0]) == {"podcasts.read_own", "reports.read", "catalogue.manage"}
