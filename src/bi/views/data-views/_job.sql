-- Send jobs with the names and columns of the data view _Job. What the SOAP API does not tell is NULL.
create or replace view bi._job with (security_invoker = true) as
select
  job.job_id as jobid, -- JobID
  job.email_id as emailid, -- EmailID
  job.account_id as accountid, -- MID of the business unit
  null::bigint as accountuserid, -- NULL: the SOAP API does not return it
  job.from_name as fromname, -- name of the sender
  job.from_address as fromemail, -- address of the sender
  job.scheduled_at as schedtime, -- when the send was scheduled to start (SendDate)
  null::timestamptz as pickuptime, -- NULL: the SOAP API does not return it
  job.sent_at as deliveredtime, -- when the send was completed (SentDate)
  null::text as eventid, -- NULL: the SOAP API does not return it
  job.is_multipart::integer as ismultipart, -- 1: sent as HTML and text
  null::text as jobtype, -- NULL: the SOAP API does not return it
  job.status as jobstatus, -- status as sent, e.g. Complete
  null::text as modifiedby, -- NULL: the SOAP API does not return it
  job.modified_at as modifieddate, -- when it was last modified
  job.email_name as emailname, -- name of the email
  job.subject as emailsubject, -- subject line
  null::integer as iswrapped, -- NULL: the SOAP API does not return it
  null::text as testemailaddr, -- NULL: the SOAP API does not return it
  case when job.is_triggered then 'Triggered Sends' end as category, -- Triggered Sends where it is one, else NULL: the SOAP API does not mark test sends
  null::text as bccemail, -- NULL: not read
  null::timestamptz as originalschedtime, -- NULL: the SOAP API does not return it
  job.created_at as createddate, -- when it was created
  null::text as characterset, -- NULL: the SOAP API does not return it
  null::text as ipaddress, -- NULL: NULL in the data view too
  null::bigint as salesforcetotalsubscribercount, -- NULL: the SOAP API does not return it
  null::bigint as salesforceerrorsubscribercount, -- NULL: the SOAP API does not return it
  null::text as sendtype, -- NULL: the SOAP API does not return it
  null::text as dynamicemailsubject, -- NULL: the SOAP API does not return it
  null::integer as suppresstracking, -- NULL: the SOAP API does not return it
  null::text as sendclassificationtype, -- NULL: the SOAP API does not return it
  null::text as sendclassification, -- NULL: the SOAP API does not return it
  null::integer as resolvelinkswithcurrentdata, -- NULL: the SOAP API does not return it
  job.email_send_definition_key as emailsenddefinition, -- CustomerKey of the user-initiated send definition
  null::integer as deduplicatebyemail, -- NULL: the SOAP API does not return it
  upper(job.triggered_send_id::text) as triggerersenddefinitionobjectid, -- ObjectID of the triggered send definition, in upper case as in the data view; misspelt there too
  definition.customer_key as triggeredsendcustomerkey -- CustomerKey of the triggered send definition
from tracking.jobs as job
left join tracking.triggered_sends as definition
  on definition.account_id = job.account_id and definition.triggered_send_id = job.triggered_send_id;
