-- Purpose: who sells for a tenant and is paid a share: agencies, affiliates, people who refer others.

create table agencies (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    name text not null check (length(name) between 1 and 200),
    contact_email text check (contact_email = lower(contact_email) and contact_email ~ '^[^@\s]+@[^@\s]+$' and length(contact_email) <= 254),
    commission_rate numeric(5, 4) not null check (commission_rate between 0 and 1),
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id)
);
create unique index agencies_name on agencies (tenant_id, lower(name)) where deleted_at is null;
comment on table agencies is 'Agencies that book for their clients.';
comment on column agencies.commission_rate is 'Share of what is booked through it: 0.15 is 15 %.';
select internal.protect_tenant_table('agencies'),
       internal.guard_table('agencies', 'billing.manage', 'billing.manage');

create table affiliates (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    name text not null check (length(name) between 1 and 200),
    contact_email text check (contact_email = lower(contact_email) and contact_email ~ '^[^@\s]+@[^@\s]+$' and length(contact_email) <= 254),
    commission_rate numeric(5, 4) not null check (commission_rate between 0 and 1),
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id)
);
create unique index affiliates_name on affiliates (tenant_id, lower(name)) where deleted_at is null;
comment on table affiliates is 'Sites and newsletters that send listeners or sponsors for a share.';
comment on column affiliates.commission_rate is 'Share of what came through it: 0.08 is 8 %.';
select internal.protect_tenant_table('affiliates'),
       internal.guard_table('affiliates', 'billing.manage', 'billing.manage');

create table referrals (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    referrer_id uuid not null,
    referred_email text not null
        check (referred_email = lower(referred_email) and referred_email ~ '^[^@\s]+@[^@\s]+$' and length(referred_email) <= 254),
    status text not null default 'invited' check (status in ('invited', 'signed_up', 'subscribed', 'declined', 'expired')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id),
    -- Not once in the tenant: whoever asks would learn whom somebody else has referred.
    unique (tenant_id, referrer_id, referred_email),
    foreign key (tenant_id, referrer_id) references users (tenant_id, id) on delete cascade
);
create index referrals_status on referrals (tenant_id, status);
comment on table referrals is 'Whom a person of the tenant has told of podboard.';
comment on column referrals.status is
    'invited: told; signed_up: has an account; subscribed: pays, which earns the commission; declined; expired: no answer in 90 days.';
select internal.protect_tenant_table('referrals'),
       internal.guard_table('referrals', p_reading => 'billing.manage', p_own_reading => 'referrer_id');
-- Everybody may refer somebody; what became of it is not theirs to say.
create policy insert_rights on referrals as restrictive for insert to podboard_web, podboard_worker
    with check ((select app_may('billing.manage')) or (referrer_id = (select app_user()) and status = 'invited'));
create policy update_rights on referrals as restrictive for update to podboard_web, podboard_worker
    using ((select app_may('billing.manage'))) with check ((select app_may('billing.manage')));
create policy delete_rights on referrals as restrictive for delete to podboard_web, podboard_worker
    using ((select app_may('billing.manage')));

create table referral_commissions (
    id uuid primary key default uuid_generate_v4(),
    tenant_id uuid not null references tenants (id) on delete cascade,
    referral_id uuid not null,
    amount numeric(14, 2) not null check (amount > 0),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    status text not null default 'pending' check (status in ('pending', 'approved', 'paid', 'cancelled')),
    paid_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check ((status = 'paid') = (paid_at is not null)),
    foreign key (tenant_id, referral_id) references referrals (tenant_id, id) on delete cascade
);
create index referral_commissions_referral on referral_commissions (tenant_id, referral_id);
create index referral_commissions_status on referral_commissions (tenant_id, status);
comment on table referral_commissions is 'What a referral earned its referrer.';
comment on column referral_commissions.currency is 'ISO 4217.';
comment on column referral_commissions.status is 'pending: earned, not looked at; approved: to be paid; paid: with paid_at; cancelled: the subscription was given back.';
select internal.protect_tenant_table('referral_commissions'),
       internal.guard_table('referral_commissions', p_writing => 'billing.manage');
create policy reading_rights on referral_commissions as restrictive for select to podboard_web, podboard_worker
    using ((select app_may('billing.manage'))
           or referral_id in (select r.id from referrals r
                              where r.tenant_id = (select app_tenant()) and r.referrer_id = (select app_user())));
