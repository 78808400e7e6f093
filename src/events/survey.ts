import { commonEventColumns, defineEvent } from './define-event.ts';

/** A subscriber gave one answer to one question of a survey. */
export const survey = defineEvent({
  name: 'survey',
  objectType: 'SurveyEvent',
  table: 'survey_events',
  columns: {
    ...commonEventColumns,
    question: { property: 'Question', kind: 'text', optional: true },
    answer: { property: 'Answer', kind: 'text', optional: true, person: 'text' },
  },
  // A form sends all its answers at one instant, and one question can have several.
  identity: ['batch_id', 'subscriber_key', 'question', 'answer'],
  overlapMinutes: 24 * 60,
  arrival: 'reaction',
  expectedPerSent: 0.01,
  isOptional: true,
});
