-- Flags all clicks of people who followed many different links of a message, and all within the span of a rule.
-- Those of whom only some clicks are within it are left to flag-many-links.sql.
update pg_temp.reaction as reaction
set reasons = reaction.reasons || met.rules
from (
  select clicker.job_id, clicker.batch_id, clicker.subscriber_key, array_agg(rule.rule order by rule.rule) as rules
  from pg_temp.clicker as clicker
  left join pg_temp.known_link as known on known.job_id = clicker.job_id
  join bi.engagement_rules as rule
    on clicker.links >= rule.count and clicker.span <= rule.seconds * interval '1 second'
    and (rule.share is null or clicker.links >= rule.share * known.links)
  where rule.enabled and rule.rule in ('many_links_at_once', 'two_links_at_once', 'every_link_clicked')
  group by clicker.job_id, clicker.batch_id, clicker.subscriber_key
) as met
where reaction.event_type = 'click' and reaction.job_id = met.job_id and reaction.batch_id = met.batch_id
  and reaction.subscriber_key = met.subscriber_key;
