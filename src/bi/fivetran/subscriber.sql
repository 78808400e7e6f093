-- Source table subscriber of the Fivetran package: one row per person, from what events tell.
create or replace view :schema.subscriber with (security_invoker = true) as
select
  coalesce(person.subscriber_id::text, person.subscriber_key) as id, -- SubscriberID, or the key where no event named it
  person.subscriber_key, -- the person, exactly as sent
  case when person.subscriber_key like '%@%' then person.subscriber_key end as email_address, -- the key, where it is an address
  null::text as email_type_preference, -- NULL: not read
  case when person.unsubscribed_from_all_at is null then 'Active' else 'Unsubscribed' end as status, -- Unsubscribed after an unsubscribe from everything
  least(person.first_sent_at, person.first_open_at, person.first_click_at, person.first_bounced_at, person.first_unsubscribed_at) at time zone settings.time_zone as created_date, -- first event, in REPORTING_TIMEZONE
  person.unsubscribed_from_all_at at time zone settings.time_zone as unsubscribed_date -- latest unsubscribe from everything, in REPORTING_TIMEZONE
from tracking.subscribers as person
cross join bi.settings
where person.account_id = :account_id;
