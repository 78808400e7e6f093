import { defineObject } from '../events/define-event.ts';

/** A standing definition through which single mails are sent. WSDL type `TriggeredSendDefinition`. */
export const triggeredSend = defineObject({
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
});
