-- Source table triggered_send of the Fivetran package: triggered send definitions.
create or replace view :schema.triggered_send with (security_invoker = true) as
select
  upper(definition.triggered_send_id::text) as id, -- ObjectID, in upper case
  definition.name, -- Name
  definition.customer_key, -- CustomerKey
  definition.status as triggered_send_status, -- status as sent, e.g. Active
  definition.created_at at time zone settings.time_zone as created_date, -- when it was created, in REPORTING_TIMEZONE
  definition.modified_at at time zone settings.time_zone as modified_date, -- when it was last modified, in REPORTING_TIMEZONE
  definition.description, -- Description
  definition.email_id, -- EmailID
  definition.list_id, -- List.ID
  definition.email_subject, -- EmailSubject
  definition.dynamic_email_subject, -- DynamicEmailSubject
  definition.from_name, -- name of the sender
  definition.from_address, -- address of the sender
  null::text as bcc_email, -- NULL: not read
  definition.is_multipart, -- sent as HTML and text
  definition.is_wrapped, -- IsWrapped
  definition.auto_add_subscribers, -- AutoAddSubscribers
  definition.auto_update_subscribers, -- AutoUpdateSubscribers
  null::text as priority, -- NULL: not read
  null::bigint as send_limit, -- NULL: not read
  null::text as send_window_open, -- NULL: not read
  null::text as send_window_close -- NULL: not read
from tracking.triggered_sends as definition
cross join bi.settings
where definition.account_id = :account_id;
