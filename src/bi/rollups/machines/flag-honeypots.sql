-- Flags the clicks on links that no person can see, and the clicks of the same person on the same message around them.
-- $1 account.
update pg_temp.signal as signal
set reasons = signal.reasons || array['honeypot_link']
where signal.event_type = 'click'
  and exists (
    select from pg_temp.signal as trap
    join tracking.links as link
      on link.account_id = $1 and link.job_id = trap.job_id and link.url_id = trap.url_id
    join bi.engagement_rules as rule
      on rule.rule = 'honeypot_link' and rule.enabled and link.alias ilike rule.pattern
    where trap.event_type = 'click' and trap.job_id = signal.job_id and trap.batch_id = signal.batch_id
      and trap.subscriber_key = signal.subscriber_key
      and signal.occurred_at between trap.occurred_at - rule.seconds * interval '1 second'
                                 and trap.occurred_at + rule.seconds * interval '1 second');
