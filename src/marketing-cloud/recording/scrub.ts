import sax from 'sax';
import { redactSourceText } from '../source-errors.ts';
import { escapeXml } from '../request/xml-text.ts';
import type { ObservedResponse } from './observe-responses.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/** Elements with words of the API itself. */
const ownWords = new Set(['EventType', 'ObjectType', 'Status', 'StatusCode', 'SystemStatus', 'faultcode']);

/** Elements with texts of the source about a request; what they may quote is taken out. */
const messages = new Set([
  ...['OverallStatus', 'StatusMessage', 'faultstring', 'Message', 'Description', 'Reason', 'Text'],
]);

/** Fields of a token response that hold no secret and name no account. */
const tokenFields = new Set(['token_type', 'expires_in', 'scope', 'error']);

/** Headers that say how a response was sent. */
const keptHeaders = ['date', 'content-type', 'content-encoding', 'transfer-encoding', 'retry-after'];

/**
 * A response as a text that may be sent to others: its structure stays, each value is replaced. What cannot be parsed
 * is left out, since nothing is known of what it holds.
 */
export function scrubResponse(response: ObservedResponse, pseudonyms: Pseudonyms): string {
  const { status, headers, body, isCut } = response;
  const lines = keptHeaders.flatMap((name) =>
    headers[name] === undefined ? [] : [`${name}: ${String(headers[name])}`],
  );
  const size = `${body.byteLength} bytes${isCut ? ' and more' : ''}`;
  const text = body.toString('utf8');
  const scrubbed = scrubJson(text, pseudonyms) ?? scrubXml(text, pseudonyms);
  return [
    `HTTP ${status}`,
    ...lines,
    '',
    scrubbed ?? `[${size} that are neither XML nor JSON, left out]`,
    '',
  ].join('\n');
}

function scrubJson(text: string, pseudonyms: Pseudonyms): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const fields = Object.entries(parsed).map(([name, value]: [string, unknown]) => [
      pseudonymUnlessName(name, pseudonyms),
      tokenFields.has(name) && /^[\w .-]*$/u.test(String(value)) ? value : '[removed]',
    ]);
    return JSON.stringify(Object.fromEntries(fields), null, 2);
  } catch {
    return undefined;
  }
}

/** Undefined where it is damaged. */
function scrubXml(text: string, pseudonyms: Pseudonyms): string | undefined {
  const parser = sax.parser(true, {});
  const pieces: string[] = [];
  const path: string[] = [];
  const damage: Error[] = [];
  parser.onerror = (error) => {
    damage.push(error);
  };
  parser.onopentag = ({ name, attributes }) => {
    path.push(name.split(':').at(-1) ?? name);
    const written = Object.entries<unknown>(attributes).map(
      ([attribute, value]) => ` ${attribute}="${escapeXml(attributeText(attribute, value, pseudonyms))}"`,
    );
    pieces.push(`<${pseudonymUnlessName(name, pseudonyms)}${written.join('')}>`);
  };
  const write = (value: string) => {
    pieces.push(escapeXml(valueText(path.at(-1) ?? '', value, pseudonyms)));
  };
  parser.ontext = write;
  parser.oncdata = write;
  parser.onclosetag = (name) => {
    path.pop();
    pieces.push(`</${pseudonymUnlessName(name, pseudonyms)}>`);
  };
  try {
    parser.write(text).close();
  } catch {
    return undefined; // as sax does at the end of a document that is damaged
  }
  return damage.length > 0 || pieces.length === 0 ? undefined : pieces.join('');
}

/** Namespaces and types are the schema's, everything else may be a value. */
function attributeText(name: string, value: unknown, pseudonyms: Pseudonyms): string {
  const text = String(value);
  return /^(xmlns(:\w+)?|xsi:(type|nil))$/u.test(name) && /^[\w:./#-]{1,120}$/u.test(text)
    ? text
    : pseudonyms.replace(text);
}

function valueText(element: string, value: string, pseudonyms: Pseudonyms): string {
  if (ownWords.has(element) && /^[\w:.]{1,40}$/u.test(value)) return value;
  return messages.has(element) ? redactSourceText(value) : pseudonyms.replace(value);
}

/** An element or a field is named by the API; a longer name is none. */
function pseudonymUnlessName(name: string, pseudonyms: Pseudonyms): string {
  return /^[\w:.-]{1,60}$/u.test(name) ? name : pseudonyms.replace(name);
}
