-- Purpose: podcasts that are suggested for a campaign, and what its sponsor may know of them.

create table matches (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete restrict,
    advertiser_id uuid not null,
    campaign_id uuid not null,
    podcast_id uuid not null,
    score numeric(4, 3) not null check (score between 0 and 1),
    rationale text not null check (length(rationale) between 1 and 2000),
    signals jsonb not null default '{}'
        check (jsonb_typeof(signals) = 'object')
        check (not signals @? 'strict $.* ? (@.type() != "number")')
        check (not signals @? '$.* ? (@ < 0 || @ > 1)')
        check (not signals @? '$.keyvalue() ? (!(@.key == "category_fit" || @.key == "language_fit" || @.key == "audience_overlap"
               || @.key == "past_results" || @.key == "price_fit" || @.key == "availability"))'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, campaign_id, podcast_id),
    foreign key (tenant_id, advertiser_id) references sponsors (tenant_id, id) on delete restrict,
    foreign key (tenant_id, advertiser_id, campaign_id) references campaigns (tenant_id, sponsor_id, id) on delete cascade,
    foreign key (tenant_id, podcast_id) references podcasts (tenant_id, id) on delete cascade
);
create index matches_advertiser on matches (tenant_id, advertiser_id, campaign_id);
create index matches_podcast on matches (tenant_id, podcast_id);
create index matches_best on matches (tenant_id, campaign_id, score desc);
comment on table matches is 'Podcasts suggested for a campaign, each with its reasons. advertiser_id is the campaign''s sponsor.';
comment on column matches.score is '0 to 1; what the signals come to.';
comment on column matches.signals is
    'Object of numbers from 0 to 1, each may be missing: category_fit, language_fit, audience_overlap (listeners shared with podcasts '
    'that worked), past_results (of the sponsor in this podcast), price_fit, availability. Nothing else.';
select internal.protect_tenant_table('matches'),
       internal.guard_table('matches', p_writing => 'campaigns.manage');
create policy campaign_scope on matches as restrictive to podboard_web, podboard_worker
    using ((select app_sees_all_campaigns()) or campaign_id in (select app_campaigns()));

-- What a sponsor may know of a podcast it has no ads in: name, category and what is for sale. A row for each published
-- listing; one without a listing where there is none.
create view matched_podcasts with (security_barrier) as
    select m.tenant_id, m.campaign_id, m.podcast_id, p.name as podcast_name, p.category,
           l.id as listing_id, l.listing_type, l.pricing
    from matches m
    join podcasts p on p.tenant_id = m.tenant_id and p.id = m.podcast_id and p.deleted_at is null
    left join marketplace_listings l
        on l.tenant_id = p.tenant_id and l.podcast_id = p.id and l.status = 'published' and l.deleted_at is null
    where m.tenant_id = (select app_tenant())
        and ((select app_sees_all_campaigns()) or m.campaign_id in (select app_campaigns()));
comment on view matched_podcasts is 'Podcasts in the matches of the campaigns in scope: name, category and published listings, nothing else.';
grant select on matched_podcasts to podboard_web, podboard_worker;
