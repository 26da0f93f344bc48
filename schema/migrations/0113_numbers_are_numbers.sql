-- Purpose: no amount, figure or threshold is "not a number" or without end: one such row, and every sum over it is.

-- NaN is greater than every number, infinity too: what is below infinity is neither. Nothing is read: 0114 does that.
alter table alert_rules add constraint alert_rules_threshold_number check (threshold > '-Infinity' and threshold < 'Infinity') not valid;
alter table alerts
    add constraint alerts_observed_number check (observed_value > '-Infinity' and observed_value < 'Infinity') not valid,
    add constraint alerts_compared_number check (compared_value > '-Infinity' and compared_value < 'Infinity') not valid,
    add constraint alerts_threshold_number check (threshold > '-Infinity' and threshold < 'Infinity') not valid;
alter table billing_transactions add constraint billing_transactions_amount_number check (amount < 'Infinity') not valid;
alter table listener_metrics add constraint listener_metrics_value_number check (metric_value < 'Infinity') not valid;
alter table marketplace_revenue
    add constraint marketplace_revenue_amount_number check (amount > '-Infinity' and amount < 'Infinity') not valid;
alter table referral_commissions add constraint referral_commissions_amount_number check (amount < 'Infinity') not valid;
alter table replication_status add constraint replication_status_lag_number check (lag_seconds < 'Infinity') not valid;
alter table retention_curves
    add constraint retention_curves_positions_numbers check ('Infinity' > all (positions)) not valid,
    add constraint retention_curves_amounts_numbers check ('Infinity' > all (amounts)) not valid;
alter table subscription_tiers
    add constraint subscription_tiers_price_monthly_number check (price_monthly < 'Infinity') not valid,
    add constraint subscription_tiers_price_yearly_number check (price_yearly < 'Infinity') not valid;
alter table user_metrics add constraint user_metrics_value_number check (metric_value < 'Infinity') not valid;
