import { FaultRefusal } from '../soap/refusals.ts';
import type { Fault, SoapFaultName } from './faults.ts';
import { gzipWithHugeText, withHugeText } from './huge-text.ts';

export const outageHtml =
  '<html><head><title>Service Unavailable</title></head><body><h1>Service Unavailable</h1></body></html>';

/** The SOAP fault that a rule asks for. */
export function soapFaultOf(fault: Extract<Fault, { kind: 'soapFault' }>, accountId: number): FaultRefusal {
  if (fault.which !== undefined) return presetFault(fault.which, accountId);
  const text = fault.text ?? 'Server Error';
  return new FaultRefusal('Server', text, fault.code === undefined ? undefined : { code: fault.code });
}

export function presetFault(which: SoapFaultName, accountId: number): FaultRefusal {
  switch (which) {
    case 'token-expired':
      return new FaultRefusal('Security', 'Token Expired');
    case 'login-failed':
      return new FaultRefusal('Security', 'Login Failed');
    case 'rate-limited':
      return new FaultRefusal('Server', 'Rate Limited', { code: 17 });
    case 'client':
      return new FaultRefusal('Client', 'Server was unable to read request. ---> DeserializationException');
    case 'server-2':
      return new FaultRefusal('Server', 'Unplanned Outage', { code: 2 });
    case 'server-9':
      return new FaultRefusal('Server', 'In Maintenance', {
        code: 9,
        message: `Member: [${accountId}] is In Maintenance.`,
      });
    case 'server-unknown':
      return new FaultRefusal('Server', 'An unexpected error happened while processing the request.');
  }
}

/** Whether the request is turned away before anything is read, so that its cursor stays where it was. */
export function isTurnedAway(fault: Fault): boolean {
  return (
    fault.kind === 'http' ||
    fault.kind === 'soapFault' ||
    fault.kind === 'error' ||
    fault.kind === 'html-200' ||
    fault.kind === 'hang'
  );
}

const forbidden = { raw: '\u0001', reference: '&#x1;', 'null-reference': '&#0;', both: '\u0001&#x1;' };

/** The response's body, damaged as the fault says; without such a fault it stays as it is. */
export function spoil(body: Iterable<string>, fault: Fault): Iterable<string | Buffer> {
  const whole = (): string => [...body].join('');
  if (fault.kind === 'invalid-utf8') return [insertAsBytes(whole())];
  if (fault.kind === 'forbidden-characters') return [insertInText(whole(), forbidden[fault.form ?? 'both'])];
  if (fault.kind === 'unclosed') return [leaveOpen(whole())];
  if (fault.kind === 'huge-text') return withHugeText(...halves(whole()), megabytesOf(fault));
  if (fault.kind === 'doctype') return [withEntities(whole())];
  if (fault.kind === 'deep-nesting') {
    const levels = fault.levels ?? 100_000;
    return [insertInText(whole(), '<a>'.repeat(levels) + '</a>'.repeat(levels))];
  }
  return body;
}

/** The same as a gzip body, where that costs less to make than to compress it; else undefined. */
export function spoilAsGzip(body: Iterable<string>, fault: Fault): Buffer | undefined {
  return fault.kind === 'huge-text'
    ? gzipWithHugeText(...halves([...body].join('')), megabytesOf(fault))
    : undefined;
}

function megabytesOf({ megabytes }: Extract<Fault, { kind: 'huge-text' }>): number {
  return megabytes ?? 200;
}

// Ends of texts that people or customers chose: a subscriber's key, a subject; failing those the RequestID.
const textEnds = ['</SubscriberKey>', '</Subject>', '</EmailName>', '</Name>', '</RequestID>'];

function placeInText(body: string): number {
  for (const end of textEnds) {
    const at = body.indexOf(end);
    if (at >= 0) return at;
  }
  return body.length;
}

/** What is before and after the place in a text. */
function halves(body: string): [string, string] {
  const at = placeInText(body);
  return [body.slice(0, at), body.slice(at)];
}

function insertInText(body: string, inserted: string): string {
  return halves(body).join(inserted);
}

function insertAsBytes(body: string): Buffer {
  const [before, after] = halves(body);
  return Buffer.concat([Buffer.from(before), Buffer.from([0xc3, 0x28]), Buffer.from(after)]);
}

/** The end tags from the last record's on are missing, though the connection ends in good order. */
function leaveOpen(body: string): string {
  const lastRecord = body.lastIndexOf('</Results>');
  return body.slice(0, lastRecord >= 0 ? lastRecord : body.indexOf('</soap:Body>'));
}

function withEntities(body: string): string {
  const definitions = Array.from(
    { length: 9 },
    (_, level) => `<!ENTITY e${level + 1} "${`&e${level};`.repeat(10)}">`,
  ).join('');
  const doctype = `<!DOCTYPE soap:Envelope [<!ENTITY e0 "entity">${definitions}]>`;
  const afterDeclaration = body.indexOf('?>') + 2;
  return body.slice(0, afterDeclaration) + doctype + insertInText(body.slice(afterDeclaration), '&e9;');
}
