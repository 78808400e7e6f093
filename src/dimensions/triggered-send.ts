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
