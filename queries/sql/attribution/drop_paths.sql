-- purpose: drops the stored conversions from a moment on that are conversions no longer
-- params: campaign_id, since, kept_event_ids
-- returns: rows dropped
-- grain: conversion
-- source: attribution_paths
-- relies on: attribution_paths_time
delete from attribution_paths p
where p.tenant_id = (select app_tenant())
    and p.campaign_id = cast(:campaign_id as uuid)
    and p.converted_at >= cast(:since as timestamptz)
    and p.conversion_event_id <> all (cast(:kept_event_ids as uuid[]))
