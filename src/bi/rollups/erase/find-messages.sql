-- Reads the messages of a person.
-- $1 account, $2 the person. Reads recipients_person.
insert into pg_temp.old_message
select recipient.*
from tracking.recipients as recipient
where recipient.account_id = $1 and recipient.subscriber_key = $2;
