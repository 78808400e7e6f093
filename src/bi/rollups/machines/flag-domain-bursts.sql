-- Flags opens and clicks of nearly everybody at a domain within seconds: one gateway for all of them.
with rule as (
  select seconds * interval '1 second' as span, count, share
  from bi.engagement_rules
  where enabled and rule = 'domain_burst'
), domain as (
  select job_id, lower(split_part(subscriber_key, '@', 2)) as domain, count(distinct subscriber_key) as recipients
  from pg_temp.message
  where sent_at is not null and subscriber_key like '%@%' and exists (select from rule)
  group by job_id, lower(split_part(subscriber_key, '@', 2))
), event as (
  select reaction.job_id, domain.domain, domain.recipients, event_type, subscriber_key, occurred_at, event_hash
  from pg_temp.reaction as reaction
  join domain
    on domain.job_id = reaction.job_id and domain.domain = lower(split_part(reaction.subscriber_key, '@', 2))
), crowded as (
  select job_id, domain, event_type
  from event
  cross join rule
  group by job_id, domain, event_type, recipients, rule.count, rule.share
  having count(distinct subscriber_key) >= greatest(rule.count, rule.share * recipients)
), burst as (
  select start.job_id, start.domain, start.event_type, start.occurred_at as first_at,
         start.occurred_at + rule.span as last_at
  from rule
  cross join crowded
  join event as start using (job_id, domain, event_type)
  join event as next
    on next.job_id = start.job_id and next.domain = start.domain and next.event_type = start.event_type
    and next.occurred_at between start.occurred_at and start.occurred_at + rule.span
  group by start.job_id, start.domain, start.event_type, start.occurred_at, start.recipients,
           rule.span, rule.count, rule.share
  having count(distinct next.subscriber_key) >= greatest(rule.count, rule.share * start.recipients)
)
update pg_temp.reaction as reaction
set reasons = reaction.reasons || array['domain_burst']
where exists (
  select from burst
  where burst.job_id = reaction.job_id and burst.event_type = reaction.event_type
    and burst.domain = lower(split_part(reaction.subscriber_key, '@', 2))
    and reaction.occurred_at between burst.first_at and burst.last_at);
