import { commonEventColumns, type EventDefinition } from '../events/define-event.ts';
import { complaintType } from '../events/extract-details.ts';

/** A person reported the message as spam. SOAP has no object for it. */
export const complaint: EventDefinition = {
  name: complaintType,
  objectType: '',
  table: 'extract_details',
  columns: commonEventColumns,
  identity: ['batch_id', 'subscriber_key'],
  overlapMinutes: 0,
  arrival: 'reaction',
  expectedPerSent: 0,
};
