"""What rows of events name: the tenant's episodes, campaigns, ad units and promo codes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from queries.ingest.cells import RowRefused, found
from queries.ingest.columns import Kind, Row
from queries.ingest.plausible import furthest_second, require_within
from queries.statements import ask


class References:
    """The references of one import, asked for once. Row security hides what is not the tenant's."""

    def __init__(self) -> None:
        self._episodes: dict[str, UUID | None] = {}
        self._furthest: dict[UUID, int | None] = {}
        self._campaigns: set[UUID] = set()
        self._of_codes: dict[str, UUID] = {}
        self._ad_units: dict[UUID, tuple[UUID, UUID]] = {}

    def learn(self, connection: Connection, rows: list[Row]) -> None:
        """Looks up what these rows name and is not known yet."""
        self.learn_episodes(connection, {row.episode_id for row in rows if row.episode_id})
        campaigns = {row.campaign_id for row in rows if row.campaign_id} - self._campaigns
        if campaigns:
            self._campaigns |= {
                row["id"] for row in ask(connection, "ingest/campaigns_by_id", ids=list(campaigns))
            }
        codes = {row.data["promo_code"] for row in rows if "promo_code" in row.data} - self._of_codes.keys()
        if codes:
            for row in ask(connection, "ingest/campaigns_by_promo_code", codes=list(codes)):
                self._of_codes[row["promo_code"]] = row["campaign_id"]
        ad_units = {
            UUID(row.data["ad_unit_id"]) for row in rows if "ad_unit_id" in row.data
        } - self._ad_units.keys()
        if ad_units:
            for row in ask(connection, "ingest/ad_units_by_id", ids=list(ad_units)):
                self._ad_units[row["id"]] = (row["campaign_id"], row["episode_id"])

    def learn_episodes(self, connection: Connection, named: set[str]) -> None:
        """Looks up the episodes of these ids and guids that are not known yet."""
        names = named - self._episodes.keys()
        ids = {name: parsed for name in names if (parsed := _uuid(name)) is not None}
        if ids:
            known = self._measured(ask(connection, "ingest/episodes_by_id", ids=list(ids.values())))
            self._episodes.update({name: id_ for name, id_ in ids.items() if id_ in known})
        guids = names - self._episodes.keys()
        if guids:
            rows = ask(connection, "ingest/episodes_by_guid", guids=list(guids))
            self._measured(rows)
            for row in rows:
                # None: a guid of several podcasts.
                self._episodes[row["guid"]] = None if row["guid"] in self._episodes else row["id"]

    def _measured(self, rows: list[dict[str, Any]]) -> set[UUID]:
        """The episodes of these rows, whose lengths are remembered."""
        self._furthest |= {
            row["id"]: furthest_second(row["duration_seconds"], row["audio_bytes"]) for row in rows
        }
        return {row["id"] for row in rows}

    def furthest(self, episode_id: UUID) -> int | None:
        """The last second that is taken for one of this episode, which was looked up; None where nobody can say."""
        return self._furthest[episode_id]

    def require_within(self, episode_id: UUID, key: str, second: float) -> None:
        """Returns for a position that this episode, which was looked up, may have. Raises: RowRefused."""
        require_within(key, second, self._furthest[episode_id])

    def episodes(self) -> list[UUID]:
        """The ids of all that were looked up and are one episode's."""
        return [id_ for id_ in self._episodes.values() if id_ is not None]

    def check(self, kind: Kind, row: Row) -> tuple[str | None, str | None]:
        """The campaign and the episode of a row whose every reference is the tenant's own. Raises: RowRefused."""
        episode = self.episode(row.episode_id) if row.episode_id is not None else None
        campaign = self.campaign(row) if kind == "attribution" else None
        # Where both stand, the end of a stretch comes after its beginning.
        second = row.data.get("to_s", row.data.get("from_s"))
        if second is not None and episode is not None:
            self.require_within(episode, "to_s" if "to_s" in row.data else "from_s", second)
        if "ad_unit_id" in row.data:
            self.require_ad_unit(UUID(row.data["ad_unit_id"]), campaign, episode)
        return None if campaign is None else str(campaign), None if episode is None else str(episode)

    def campaign(self, row: Row) -> UUID:
        """The campaign of a row, by its id or its promo code. Raises: RowRefused."""
        code = row.data.get("promo_code")
        booked = self._of_codes.get(code) if code else None
        if row.campaign_id is None:
            if booked is None:
                raise RowRefused("No booking has this promo code.", found("promo_code", code))
            return booked
        if row.campaign_id not in self._campaigns:
            raise RowRefused("The campaign is not known.", found("campaign_id", row.campaign_id))
        if booked not in (None, row.campaign_id):
            raise RowRefused("The promo code belongs to another campaign.", found("promo_code", code))
        return row.campaign_id

    def episode(self, name: str) -> UUID:
        """The episode of this id or guid. Raises: RowRefused."""
        if name not in self._episodes:
            raise RowRefused("The episode is not known.", found("episode", name))
        episode_id = self._episodes[name]
        if episode_id is None:
            raise RowRefused(
                "The guid belongs to episodes of several podcasts: use the episode's id.",
                found("episode", name),
            )
        return episode_id

    def require_ad_unit(self, ad_unit_id: UUID, campaign_id: UUID | None, episode_id: UUID | None) -> None:
        """Returns if the ad unit is the tenant's and stands where the row says. Raises: RowRefused."""
        if ad_unit_id not in self._ad_units:
            raise RowRefused("The ad unit is not known.", found("ad_unit_id", ad_unit_id))
        of_campaign, of_episode = self._ad_units[ad_unit_id]
        if campaign_id not in (None, of_campaign) or episode_id not in (None, of_episode):
            raise RowRefused(
                "The ad unit belongs to another campaign or episode.", found("ad_unit_id", ad_unit_id)
            )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
