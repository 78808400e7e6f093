import type { ContenderOptions, StartWork } from './work.ts';

/** Every contender, loaded only in the process that runs it. */
export const contenders = {
  'parse: sfmc-tracking': async (options: ContenderOptions) =>
    (await import('../contenders/parse.ts')).parseOurs(options),
  'parse: plain sax': async (options: ContenderOptions) =>
    (await import('../contenders/parse.ts')).parsePlainSax(options),
  'parse: sfmc-sdk': async (options: ContenderOptions) =>
    (await import('../contenders/parse-sfmc-sdk.ts')).parseSfmcSdk(options),
  'parse: hashed keys': async (options: ContenderOptions) =>
    (await import('../contenders/parse-people.ts')).parseHashed(options),
  'parse: people kept out': async (options: ContenderOptions) =>
    (await import('../contenders/parse-people.ts')).parseKeptOut(options),
  'extract: hashed keys': async (options: ContenderOptions) =>
    (await import('../contenders/extract.ts')).extractOurs(options, 'a secret of the benchmark, long enough'),
  'load: sfmc-tracking': async (options: ContenderOptions) =>
    (await import('../contenders/load.ts')).loadOurs(options),
  'load: sfmc-tracking again': async (options: ContenderOptions) =>
    (await import('../contenders/load.ts')).loadOursAgain(options),
  'load: without the log': async (options: ContenderOptions) =>
    (await import('../contenders/load-without-log.ts')).loadWithoutLog(options),
  'load: raw COPY': async (options: ContenderOptions) =>
    (await import('../contenders/load-copy.ts')).loadByCopy(options),
  'extract: sfmc-tracking': async (options: ContenderOptions) =>
    (await import('../contenders/extract.ts')).extractOurs(options),
  'extract: windows side by side': async (options: ContenderOptions) =>
    (await import('../contenders/extract.ts')).extractOurs(options),
  'request: bare undici': async (options: ContenderOptions) =>
    (await import('../contenders/request.ts')).askBarely(options),
  'queue: bare pg-boss': async (options: ContenderOptions) =>
    (await import('../contenders/queue-bare.ts')).deliverBarely(options),
} as const satisfies Readonly<Record<string, StartWork>>;

export type ContenderName = keyof typeof contenders;

export function isContenderName(name: string): name is ContenderName {
  return Object.hasOwn(contenders, name);
}
