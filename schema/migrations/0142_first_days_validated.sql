-- Purpose: the checks of 0141, made without looking at what was there, are looked through. What stands had downloads always.

alter table internal.episode_milestones validate constraint episode_milestones_missing_check;
alter table internal.episode_milestones validate constraint episode_milestones_downloads_check;
