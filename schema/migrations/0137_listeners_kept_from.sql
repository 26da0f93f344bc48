-- Purpose: a tenant that keeps listeners longer from now on says since when it does: what was forgotten before does not come back.

alter table tenant_settings add column listeners_kept_from date;
comment on column tenant_settings.listeners_kept_from is
    'Tenant day since which listeners are kept one by one where listener_retention_days reaches further back than that: it was less '
    'once, and what was past it is forgotten. Empty: nothing was.';
