-- One row per person and account, by the names of Fivetran’s mart subscriber_overview, from what events tell. The state
-- of a person is not read from Marketing Cloud: a person who was deleted, or unsubscribed by an import, still looks active.
create or replace view bi.subscriber_overview with (security_invoker = true) as
select
  person.account_id, -- MID of the business unit
  person.subscriber_id, -- SubscriberID, where an event named it
  person.subscriber_key, -- the person, exactly as sent
  least(person.first_sent_at, person.first_open_at, person.first_click_at, person.first_bounced_at, person.first_unsubscribed_at) as created_date, -- first event: when the person joined is not read
  case when person.subscriber_key like '%@%' then person.subscriber_key end as email_address, -- the key, where it is an address
  null::text as email_type_preference, -- NULL: not read
  case when person.unsubscribed_from_all_at is null then 'Active' else 'Unsubscribed' end as subscriber_status, -- Unsubscribed after an unsubscribe from everything
  person.unsubscribed_from_all_at is null as is_active, -- no unsubscribe from everything was seen
  person.unsubscribed_from_all_at as unsubscribed_date, -- latest unsubscribe from everything
  (coalesce(person.unsubscribed_from_all_at, now()) at time zone settings.time_zone)::date - (least(person.first_sent_at, person.first_open_at, person.first_click_at, person.first_bounced_at, person.first_unsubscribed_at) at time zone settings.time_zone)::date as days_subscribed, -- from created_date to unsubscribed_date or today
  person.sent as number_of_sends, -- messages sent
  person.last_sent_at as most_recent_send, -- latest message
  person.opens as number_of_opens, -- opens, machines included
  person.last_open_at as most_recent_open, -- latest open
  person.clicks as number_of_clicks, -- clicks, machines included
  person.last_click_at as most_recent_click, -- latest click
  person.bounced as number_of_bounces, -- messages that bounced; retries of one message count once
  person.last_bounced_at as most_recent_bounce, -- latest bounce
  person.forwards as number_of_forwards, -- forwards to a friend
  person.last_forward_at as most_recent_forward, -- latest forward
  person.survey_answers as number_of_survey_responses, -- survey answers
  person.last_survey_at as most_recent_survey_response -- latest survey answer
from tracking.subscribers as person
cross join bi.settings;
