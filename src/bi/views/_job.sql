-- Send jobs with the names and columns of the data view _Job. What the SOAP API does not tell is NULL.
create or replace view bi._job with (security_invoker = true) as
select
  job.job_id as jobid, -- JobID
  job.email_id as emailid, -- EmailID
  job.account_id as accountid, -- MID of the business unit
  null::bigint as accountuserid, -- NULL: not told by the SOAP API
  job.from_name as fromname, -- name of the sender
  job.from_address as fromemail, -- address of the sender
  job.scheduled_at as schedtime, -- when the send was scheduled to start (SendDate)
  null::timestamptz as pickuptime, -- NULL: not told by the SOAP API
  job.sent_at as deliveredtime, -- when the send was completed (SentDate)
  null::text as eventid, -- NULL: not told by the SOAP API
  null::integer as ismultipart, -- NULL: not read
  null::text as jobtype, -- NULL: not told by the SOAP API
  job.status as jobstatus, -- status as sent, e.g. Complete
  null::text as modifiedby, -- NULL: not told by the SOAP API
  job.modified_at as modifieddate, -- when it was last modified
  job.email_name as emailname, -- name of the email
  job.subject as emailsubject, -- subject line
  null::integer as iswrapped, -- NULL: not told by the SOAP API
  null::text as testemailaddr, -- NULL: not told by the SOAP API
  case when job.is_triggered then 'Triggered Sends' end as category, -- Triggered Sends where it is one, else NULL: test sends cannot be told from others
  null::text as bccemail, -- NULL: not read
  null::timestamptz as originalschedtime, -- NULL: not told by the SOAP API
  job.created_at as createddate, -- when it was created
  null::text as characterset, -- NULL: not told by the SOAP API
  null::text as ipaddress, -- NULL: NULL in the data view too
  null::bigint as salesforcetotalsubscribercount, -- NULL: not told by the SOAP API
  null::bigint as salesforceerrorsubscribercount, -- NULL: not told by the SOAP API
  null::text as sendtype, -- NULL: not told by the SOAP API
  null::text as dynamicemailsubject, -- NULL: not told by the SOAP API
  null::integer as suppresstracking, -- NULL: not told by the SOAP API
  null::text as sendclassificationtype, -- NULL: not told by the SOAP API
  null::text as sendclassification, -- NULL: not told by the SOAP API
  null::integer as resolvelinkswithcurrentdata, -- NULL: not told by the SOAP API
  null::text as emailsenddefinition, -- NULL: not read
  null::integer as deduplicatebyemail, -- NULL: not told by the SOAP API
  upper(job.triggered_send_id::text) as triggerersenddefinitionobjectid, -- ObjectID of the triggered send definition, in upper case as in the data view; misspelt there too
  definition.customer_key as triggeredsendcustomerkey -- CustomerKey of the triggered send definition
from tracking.jobs as job
left join tracking.triggered_sends as definition
  on definition.account_id = job.account_id and definition.triggered_send_id = job.triggered_send_id;
