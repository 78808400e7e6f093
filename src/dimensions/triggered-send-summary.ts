import { defineDimension } from './define-dimension.ts';

/** The counters of a triggered send definition over all its jobs. WSDL type `TriggeredSendSummary`. */
export const triggeredSendSummary = defineDimension({
  name: 'triggered_send_summary',
  objectType: 'TriggeredSendSummary',
  table: 'triggered_sends',
  columns: {
    // Marketing Cloud: the same id as TriggeredSendDefinition.ObjectID, which is not always returned.
    triggered_send_id: { property: 'ObjectID', kind: 'uuid' },
    sent: { property: 'Sent', kind: 'integer', optional: true },
    not_sent_due_to_opt_out: { property: 'NotSentDueToOptOut', kind: 'integer', optional: true },
    not_sent_due_to_undeliverable: { property: 'NotSentDueToUndeliverable', kind: 'integer', optional: true },
    not_sent_due_to_error: { property: 'NotSentDueToError', kind: 'integer', optional: true },
    bounces: { property: 'Bounces', kind: 'integer', optional: true },
    opens: { property: 'Opens', kind: 'integer', optional: true },
    unique_opens: { property: 'UniqueOpens', kind: 'integer', optional: true },
    clicks: { property: 'Clicks', kind: 'integer', optional: true },
    unique_clicks: { property: 'UniqueClicks', kind: 'integer', optional: true },
    opt_outs: { property: 'OptOuts', kind: 'integer', optional: true },
    survey_responses: { property: 'SurveyResponses', kind: 'integer', optional: true },
    forward_requests: { property: 'FTAFRequests', kind: 'integer', optional: true },
    forward_emails_sent: { property: 'FTAFEmailsSent', kind: 'integer', optional: true },
    forward_opt_ins: { property: 'FTAFOptIns', kind: 'integer', optional: true },
    conversions: { property: 'Conversions', kind: 'integer', optional: true },
    unique_conversions: { property: 'UniqueConversions', kind: 'integer', optional: true },
  },
  key: ['triggered_send_id'],
  trimmed: [],
  setOnUpsert: { counters_at: 'now()' },
  // Marketing Cloud: filters on definition objects are not reliable, so all of them are read. They are few.
  filters: {},
  everyHours: 20,
  isOptional: true,
});
