-- How engaged is each person: days since the last open or click that no machine made? bi.engagement_segments has the counts
-- as of today.
with asked as (select 1::bigint as account_id, timestamptz '2026-11-01Z' as as_of)
select person.subscriber_key,
       case
         when since.days is null then 'never'
         when since.days <= 30 then '0-30'
         when since.days <= 90 then '31-90'
         when since.days <= 180 then '91-180'
         else 'more than 180'
       end as segment
from asked
cross join bi.settings
join tracking.subscribers as person using (account_id)
cross join lateral (
  select (asked.as_of at time zone settings.time_zone)::date
    - (greatest(person.last_human_open_at, person.last_human_click_at) at time zone settings.time_zone)::date as days) as since
where person.sent > 0 and person.unsubscribed_from_all_at is null
order by person.subscriber_key;
