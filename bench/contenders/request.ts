import { gunzipSync } from 'node:zlib';
import { Agent, request } from 'undici';
import { requestedProperties } from '../../src/events/define-event.ts';
import { open } from '../../src/events/open.ts';
import { writeEnvelope, writeRetrieve } from '../../src/marketing-cloud/request/envelope.ts';
import type { ContenderOptions, Work } from '../processes/work.ts';
import { firstJobId } from '../sources/send-source.ts';

const requestsPerTurn = 500;

/**
 * One POST after the other over a kept-alive connection: what a checkpoint sends, and the response that it gets, read to
 * its end, decompressed and thrown away.
 */
export function askBarely({ sourceUrl = '' }: ContenderOptions): Work {
  const dispatcher = new Agent();
  const url = `${sourceUrl}/Service.asmx`;
  const headers = {
    'content-type': 'text/xml; charset=utf-8',
    soapaction: 'Retrieve',
    'accept-encoding': 'gzip',
  };
  const body = retrieveOf(url);
  return {
    async run() {
      for (let count = 0; count < requestsPerTurn; count += 1) {
        const response = await request(url, { dispatcher, method: 'POST', headers, body });
        gunzipSync(await response.body.arrayBuffer()).toString();
      }
      return requestsPerTurn;
    },
    stop: () => dispatcher.close(),
  };
}

function retrieveOf(url: string): string {
  const { objectType } = open;
  const properties = requestedProperties(open);
  const now = new Date();
  const body = writeRetrieve(
    { objectType, properties, pageSize: 2500 },
    {
      and: [
        { property: 'SendID', operator: 'equals', values: [firstJobId] },
        { property: 'EventDate', operator: 'between', values: [now, now] },
      ],
    },
  );
  // A token of Marketing Cloud has some 400 characters.
  return writeEnvelope('Retrieve', { kind: 'oauth', token: 'x'.repeat(400) }, url, body);
}
