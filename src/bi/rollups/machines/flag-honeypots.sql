-- Flags the clicks on links that no person can see, and the clicks of the same person on the same message around them.
-- $1 account, $2 jobs.
with trap as (
  select reaction.job_id, reaction.batch_id, reaction.subscriber_key, reaction.occurred_at,
         rule.seconds * interval '1 second' as span
  from tracking.links as link
  join bi.engagement_rules as rule
    on rule.rule = 'honeypot_link' and rule.enabled and link.alias ilike rule.pattern
  join pg_temp.reaction as reaction
    on reaction.event_type = 'click' and reaction.job_id = link.job_id and reaction.url_id = link.url_id
  where link.account_id = $1 and link.job_id = any ($2::bigint[])
)
update pg_temp.reaction as reaction
set reasons = reaction.reasons || array['honeypot_link']
where reaction.event_type = 'click'
  and exists (
    select from trap
    where trap.job_id = reaction.job_id and trap.batch_id = reaction.batch_id
      and trap.subscriber_key = reaction.subscriber_key
      and reaction.occurred_at between trap.occurred_at - trap.span and trap.occurred_at + trap.span);
