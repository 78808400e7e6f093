import { defineDimension } from './define-dimension.ts';

/** A standing definition through which single mails are sent. WSDL type `TriggeredSendDefinition`. */
export const triggeredSend = defineDimension({
  name: 'triggered_send',
  objectType: 'TriggeredSendDefinition',
  table: 'triggered_sends',
  columns: {
    triggered_send_id: { property: 'ObjectID', kind: 'uuid' },
    customer_key: { property: 'CustomerKey', kind: 'text', optional: true },
    name: { property: 'Name', kind: 'text', optional: true },
    status: { property: 'TriggeredSendStatus', kind: 'text', optional: true },
    description: { property: 'Description', kind: 'text', optional: true },
    email_id: { property: 'Email.ID', kind: 'integer', optional: true },
    list_id: { property: 'List.ID', kind: 'integer', optional: true },
    email_subject: { property: 'EmailSubject', kind: 'text', optional: true },
    dynamic_email_subject: { property: 'DynamicEmailSubject', kind: 'text', optional: true },
    from_name: { property: 'FromName', kind: 'text', optional: true },
    from_address: { property: 'FromAddress', kind: 'text', optional: true },
    is_multipart: { property: 'IsMultipart', kind: 'boolean', optional: true },
    is_wrapped: { property: 'IsWrapped', kind: 'boolean', optional: true },
    auto_add_subscribers: { property: 'AutoAddSubscribers', kind: 'boolean', optional: true },
    auto_update_subscribers: { property: 'AutoUpdateSubscribers', kind: 'boolean', optional: true },
    created_at: { property: 'CreatedDate', kind: 'instant', optional: true },
    modified_at: { property: 'ModifiedDate', kind: 'instant', optional: true },
  },
  key: ['triggered_send_id'],
  trimmed: [],
  setOnUpsert: {},
  // Marketing Cloud: filters on definition objects are not reliable, so all of them are read. They are few.
  filters: {},
  everyHours: 0,
  isOptional: true,
});
