import { forgottenPeople, personDigest } from '../../src/columns/people/forgotten-people.ts';
import { keepOut } from '../../src/columns/people/keep-out.ts';
import { createPseudonyms } from '../../src/columns/people/pseudonyms.ts';
import { definitionOf } from '../support/events.ts';
import type { ContenderOptions, Work } from '../processes/work.ts';
import { parseOurs } from './parse.ts';

const secret = 'a secret of the benchmark, long enough';

/** The same with a keyed hash in the place of each key. */
export function parseHashed(options: ContenderOptions): Work {
  return parseOurs(options, { pseudonyms: createPseudonyms(secret) });
}

/** The same, and each row is looked up among people who were forgotten; none of the page is. */
export function parseKeptOut(options: ContenderOptions): Work {
  const digestKey = 'f'.repeat(64);
  const digests = Array.from({ length: 1000 }, (_, at) =>
    personDigest(digestKey, `forgotten${at}@example.com`),
  );
  const people = forgottenPeople(1, digestKey, new Set(digests));
  const definition = definitionOf(options.type);
  return parseOurs(options, { then: (page) => keepOut(page, definition, people).page });
}
