-- Source table triggered_send of the Fivetran package: triggered send definitions.
create or replace view :schema.triggered_send with (security_invoker = true) as
select
  upper(definition.triggered_send_id::text) as id, -- ObjectID, in upper case
  definition.name, -- Name
  definition.customer_key, -- CustomerKey
  definition.status as triggered_send_status, -- status as sent, e.g. Active
  definition.created_at at time zone settings.time_zone as created_date, -- when it was created, in REPORTING_TIMEZONE
  definition.modified_at at time zone settings.time_zone as modified_date, -- when it was last modified, in REPORTING_TIMEZONE
  null::text as description, -- NULL: not read
  null::bigint as email_id, -- NULL: not read
  null::bigint as list_id, -- NULL: not read
  null::text as email_subject, -- NULL: not read
  null::text as dynamic_email_subject, -- NULL: not read
  null::text as from_name, -- NULL: not read
  null::text as from_address, -- NULL: not read
  null::text as bcc_email, -- NULL: not read
  null::boolean as is_multipart, -- NULL: not read
  null::boolean as is_wrapped, -- NULL: not read
  null::boolean as auto_add_subscribers, -- NULL: not read
  null::boolean as auto_update_subscribers, -- NULL: not read
  null::text as priority, -- NULL: not read
  null::bigint as send_limit, -- NULL: not read
  null::text as send_window_open, -- NULL: not read
  null::text as send_window_close -- NULL: not read
from tracking.triggered_sends as definition
cross join bi.settings
where definition.account_id = :account_id;
