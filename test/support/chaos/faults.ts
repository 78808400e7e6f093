import type { Fault, FaultRule } from '../../../simulator/faults/faults.ts';
import { objectTypeOfEvent } from '../../../simulator/world/truth.ts';

/** What a server does now and then; each is followed by an attempt that may succeed. */
const faults: readonly Fault[] = [
  { kind: 'http', status: 503 },
  { kind: 'http', status: 429, headers: { 'Retry-After': '1' } },
  { kind: 'soapFault', which: 'rate-limited' },
  { kind: 'soapFault', which: 'token-expired' },
  { kind: 'soapFault', which: 'server-unknown' },
  { kind: 'error', text: 'Error: Timeout expired. The timeout period elapsed prior to completion.' },
  { kind: 'error', text: 'Error: The RequestID sent through ContinueRequest does not exist' },
  { kind: 'error', text: 'Error: Something that nobody knows' },
  { kind: 'overallStatus', text: null },
  { kind: 'reset-mid-body' },
  { kind: 'truncate' },
  { kind: 'invalid-utf8' },
  { kind: 'unclosed' },
  { kind: 'empty-more' },
  { kind: 'html-200' },
  { kind: 'lost-response' },
  { kind: 'slow-first-byte', ms: 700 },
  { kind: 'hang' },
  { kind: 'bad-soap-instance-url' },
];

/** Undefined: any. */
const objectTypes = [...Object.values(objectTypeOfEvent), 'Send', 'LinkSend', 'ListSend', undefined];
const pages = ['first', 'middle', 'last', undefined] as const;

/** A few rules, each for some of the requests of a kind. */
export function drawFaults(random: () => number): FaultRule[] {
  return Array.from({ length: 1 + Math.floor(random() * 4) }, () => {
    const objectType = objectTypes[Math.floor(random() * objectTypes.length)];
    const page = pages[Math.floor(random() * pages.length)];
    return {
      match: {
        ...(objectType === undefined ? {} : { objectType }),
        ...(page === undefined ? {} : { page }),
      },
      skip: Math.floor(random() * 3),
      times: 1 + Math.floor(random() * 4),
      fault: faults[Math.floor(random() * faults.length)] ?? { kind: 'hang' },
    };
  });
}
