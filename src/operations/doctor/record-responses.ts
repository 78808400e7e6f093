import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigInvalidError } from '../../errors.ts';
import { takeFolder } from '../../make-folder.ts';
import type { ObservedResponse } from '../../marketing-cloud/recording/observe-responses.ts';
import { createPseudonyms } from '../../marketing-cloud/recording/pseudonyms.ts';
import { scrubResponse } from '../../marketing-cloud/recording/scrub.ts';

/** Keeps responses as files that hold no token and no person. */
export interface ResponseRecorder {
  /** Names the requests that follow. */
  announce(name: string): void;
  record(response: ObservedResponse): void;
  /** Writes the list of the files, and what they show. */
  finish(): void;
}

/**
 * Records into a folder that is created, or empty.
 *
 * @throws {ConfigInvalidError} when the folder cannot be written or has files already.
 */
export function createRecorder(dir: string): ResponseRecorder {
  prepareFolder(dir);
  const pseudonyms = createPseudonyms();
  const files: { file: string; name: string }[] = [];
  let current = 'first request';
  return {
    announce: (name) => {
      current = name;
    },
    record(response) {
      const isToken = response.url.endsWith('/v2/token');
      const name = isToken ? 'token' : current;
      const number = String(files.length + 1).padStart(2, '0');
      const file = `${number}-${name.toLowerCase().replaceAll(/[^a-z0-9]+/gu, '-')}.txt`;
      writeFileSync(path.join(dir, file), scrubResponse(response, pseudonyms), { mode: 0o600 });
      files.push({ file, name });
    },
    finish: () => writeFileSync(path.join(dir, 'README.md'), listOf(files), { mode: 0o600 }),
  };
}

function prepareFolder(dir: string): void {
  takeFolder('--record', dir, 0o700);
  if (readdirSync(dir).length === 0) return;
  throw new ConfigInvalidError(`--record is ${dir}: a folder that is empty, or not there yet`);
}

/** The open questions of docs/marketing-cloud.md, by the request whose response shows it. */
const questions: readonly { readonly of: RegExp; readonly question: string }[] = [
  { of: /^token$/u, question: 'How long does a token live, and which scopes does it name?' },
  { of: /^GetSystemStatus$/u, question: 'Where does SystemStatus stand, and how many results are there?' },
  { of: /^Send$/u, question: 'Which values does Status have? Are counters there that are not documented?' },
  { of: /^SentEvent$/u, question: 'Do ListID and SubscriberID arrive as properties of the partner?' },
  { of: /^ClickEvent$/u, question: 'Do clicks have a URLID, and is it negative for large ids?' },
  {
    of: /Event$/u,
    question: 'Which form does EventDate have: fractions, offset? Is SubscriberKey ever missing?',
  },
  { of: /^paging, page/u, question: 'Has each page a RequestID of its own? Does BatchSize limit a page?' },
  {
    of: /again$/u,
    question: 'What does a continue request that is sent again get: the same page, the next, an error?',
  },
  { of: /^filter by date/u, question: 'Does a filter by date alone work, and how long does it take?' },
  { of: /^filter by a list/u, question: 'Does IN with a date work?' },
  { of: /^ListSend$|^LinkSend$|^TriggeredSend/u, question: 'Which of the requested properties are filled?' },
];

function listOf(files: readonly { readonly file: string; readonly name: string }[]): string {
  const rows = files.map(({ file, name }) => {
    const shown = questions.filter(({ of }) => of.test(name)).map(({ question }) => question);
    return `| ${file} | ${name} | ${shown.join(' ')} |`;
  });
  return [
    '# Responses of Marketing Cloud',
    '',
    'Recorded by `sfmc-tracking doctor --record`. Structure, instants, truth values and the words of the API are as they',
    'came. Each other value is replaced by one of the same form, equal values by equal ones: no token, no address, no',
    'name, no id of a person or a business unit is left. Please look through the files before you send them.',
    '',
    '| file | request | open question that it settles |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
