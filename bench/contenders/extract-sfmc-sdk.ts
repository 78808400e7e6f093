import SDK from 'sfmc-sdk';
import { z } from 'zod';
import { requestedProperties } from '../../src/events/define-event.ts';
import type { ContenderOptions, Work } from '../support/work.ts';
import { accountId, definitionOf, jobOf } from '../support/events.ts';
import { connectKnex, type PlainRow, upsertByKnex } from './load-knex.ts';

const value = z.union([z.string(), z.number()]);
const answerShape = z.object({
  OverallStatus: z.string(),
  RequestID: z.string(),
  Results: z.array(
    z.object({
      SendID: value,
      SubscriberKey: value,
      EventDate: z.string(),
      BatchID: value,
      TriggeredSendDefinitionObjectID: value.optional(),
      URLID: value.optional(),
      URL: value.optional(),
    }),
  ),
});

/** sfmc-sdk page by page, each page written by knex before the next is asked for. */
export function extractBySfmcSdk(options: ContenderOptions): Work {
  const { type, pages, databaseUrl = '', sourceUrl = '', firstBatch = 0 } = options;
  const database = connectKnex(databaseUrl);
  // Its constructor accepts the real host names only; afterwards it goes where it is sent.
  const authUrl = `https://mc${'a'.repeat(26)}.auth.marketingcloudapis.com/`;
  const client = new SDK(
    { client_id: 'bench', client_secret: 'bench', account_id: accountId, auth_url: authUrl },
    { requestAttempts: 1 },
  );
  client.auth.authObject.auth_url = `${sourceUrl}/`;
  const definition = definitionOf(type);
  const properties = [...requestedProperties(definition)];
  return {
    async run(round) {
      const jobId = jobOf({ type, pages, number: firstBatch + round });
      const filter = { leftOperand: 'SendID', operator: 'equals', rightOperand: jobId };
      let records = 0;
      for (let continueRequest: string | undefined; ;) {
        const asked = continueRequest === undefined ? { filter } : { filter, continueRequest };
        const answer = answerShape.parse(
          await client.soap.retrieve(definition.objectType, properties, asked),
        );
        await upsertByKnex(database, type, answer.Results.map(plainRow));
        records += answer.Results.length;
        if (answer.OverallStatus !== 'MoreDataAvailable') return records;
        continueRequest = answer.RequestID;
      }
    },
    stop: () => database.destroy(),
  };
}

function plainRow(result: z.infer<typeof answerShape>['Results'][number]): PlainRow {
  const {
    SendID,
    SubscriberKey,
    EventDate,
    BatchID,
    TriggeredSendDefinitionObjectID = null,
    URLID,
    URL,
  } = result;
  return {
    account_id: accountId,
    occurred_at: `${EventDate}-06:00`,
    job_id: SendID,
    batch_id: BatchID,
    triggered_send_id: TriggeredSendDefinitionObjectID,
    subscriber_key: SubscriberKey,
    ...(URLID === undefined ? {} : { url_id: URLID }),
    ...(URL === undefined ? {} : { url: URL }),
  };
}
