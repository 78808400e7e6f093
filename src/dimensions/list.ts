import { defineDimension } from './define-dimension.ts';

/** A list that a job was sent to, with the counters of that part of the job. WSDL type `ListSend`. */
export const list = defineDimension({
  name: 'list',
  objectType: 'ListSend',
  table: 'lists',
  columns: {
    job_id: { property: 'SendID', kind: 'integer' },
    list_id: { property: 'List.ID', kind: 'integer' },
    list_name: { property: 'List.ListName', kind: 'text', optional: true },
    number_sent: { property: 'NumberSent', kind: 'integer', optional: true },
    number_delivered: { property: 'NumberDelivered', kind: 'integer', optional: true },
    duplicates: { property: 'Duplicates', kind: 'integer', optional: true },
    invalid_addresses: { property: 'InvalidAddresses', kind: 'integer', optional: true },
    existing_undeliverables: { property: 'ExistingUndeliverables', kind: 'integer', optional: true },
    existing_unsubscribes: { property: 'ExistingUnsubscribes', kind: 'integer', optional: true },
    missing_addresses: { property: 'MissingAddresses', kind: 'integer', optional: true },
    hard_bounces: { property: 'HardBounces', kind: 'integer', optional: true },
    soft_bounces: { property: 'SoftBounces', kind: 'integer', optional: true },
    other_bounces: { property: 'OtherBounces', kind: 'integer', optional: true },
    unique_opens: { property: 'UniqueOpens', kind: 'integer', optional: true },
    unique_clicks: { property: 'UniqueClicks', kind: 'integer', optional: true },
    forwarded_emails: { property: 'ForwardedEmails', kind: 'integer', optional: true },
    unsubscribes: { property: 'Unsubscribes', kind: 'integer', optional: true },
  },
  key: ['job_id', 'list_id'],
  trimmed: ['list_name'],
  setOnUpsert: { counters_at: 'now()' },
  filters: { jobIds: 'SendID' },
  everyHours: 20,
  isOptional: true,
});
