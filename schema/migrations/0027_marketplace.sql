-- Purpose: what of a podcast is for sale, and what it has brought in.

create table marketplace_listings (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    podcast_id uuid not null,
    listing_type text not null check (listing_type in ('pre_roll', 'mid_roll', 'post_roll', 'host_read', 'sponsorship')),
    status text not null default 'draft' check (status in ('draft', 'published', 'paused', 'sold_out', 'closed')),
    pricing jsonb not null
        check (jsonb_typeof(pricing) = 'object')
        check (coalesce(pricing ->> 'model', '') in ('cpm', 'flat'))
        check (coalesce(jsonb_typeof(pricing -> 'amount'), '') = 'number' and not pricing @? '$.amount ? (@ < 0)')
        check (coalesce(pricing ->> 'currency', '') ~ '^[A-Z]{3}$')
        check (not pricing ? 'minimum_impressions'
               or (jsonb_typeof(pricing -> 'minimum_impressions') = 'number' and not pricing @? '$.minimum_impressions ? (@ < 1)'))
        check (not pricing @? '$.keyvalue() ? (!(@.key == "model" || @.key == "amount" || @.key == "currency" || @.key == "minimum_impressions"))'),
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id),
    foreign key (tenant_id, podcast_id) references podcasts (tenant_id, id) on delete restrict
);
create unique index marketplace_listings_open on marketplace_listings (tenant_id, podcast_id, listing_type)
    where deleted_at is null and status <> 'closed';
create index marketplace_listings_podcast on marketplace_listings (tenant_id, podcast_id);
create index marketplace_listings_status on marketplace_listings (tenant_id, status);
comment on table marketplace_listings is
    'What of a podcast is for sale. One open listing for each podcast and type. Sponsors see those of podcasts that were '
    'suggested to them, through matched_podcasts.';
comment on column marketplace_listings.listing_type is
    'pre_roll, mid_roll, post_roll, host_read: a place as in ad_units; sponsorship: a whole episode with one sponsor.';
comment on column marketplace_listings.status is
    'draft: not yet shown; published: for sale; paused: by a person; sold_out: nothing left for now; closed: for good.';
comment on column marketplace_listings.pricing is
    'Object. model: cpm (amount is the price of 1,000 impressions) or flat (of one episode). amount: number, 0 or more. '
    'currency: ISO 4217. minimum_impressions: the smallest order, 1 or more; may be missing. Nothing else.';
select internal.protect_tenant_table('marketplace_listings'),
       internal.guard_table('marketplace_listings', p_writing => 'marketplace.manage');
create policy podcast_scope on marketplace_listings as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_podcasts()) or podcast_id in (select app_podcasts()));

create table marketplace_revenue (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    listing_id uuid not null,
    amount numeric(14, 2) not null check (amount <> 0),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    transaction_date date not null,
    created_at timestamptz not null default now(),
    foreign key (tenant_id, listing_id) references marketplace_listings (tenant_id, id) on delete restrict
);
create index marketplace_revenue_listing on marketplace_revenue (tenant_id, listing_id, transaction_date);
create index marketplace_revenue_date on marketplace_revenue (tenant_id, transaction_date);
comment on table marketplace_revenue is 'What a listing brought in, on which tenant day. Append-only: a correction is a row of its own.';
comment on column marketplace_revenue.amount is 'Below 0: a correction of what was booked before. Two currencies are never added.';
comment on column marketplace_revenue.currency is 'ISO 4217.';
select internal.protect_tenant_table('marketplace_revenue', 'select, insert'),
       internal.guard_table('marketplace_revenue', p_writing => 'marketplace.manage');
-- Who sees all podcasts need not see what they earn; a podcaster sees what its own listings earn.
create policy podcast_scope on marketplace_revenue as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_podcasts() and app_may('marketplace.manage'))
           or listing_id in (select l.id from marketplace_listings l
                             where l.tenant_id = (select app_tenant()) and l.podcast_id in (select app_podcasts())));
