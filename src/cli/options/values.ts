import { items } from '../../config/setting-kinds.ts';

/** Options as understood, and one line for each that is missing or wrong: with any line, the options mean nothing. */
export interface Parsed<Options> {
  readonly options: Options;
  readonly problems: readonly string[];
}

/** Ids of an option, comma-separated; `ids` says of what. */
export function parseIdList(option: string, ids: string, list: string, problems: string[]): number[] {
  const numbers = items(list).map(Number);
  if (numbers.length === 0 || !numbers.every(isId))
    problems.push(`${option} is ${list}: ${ids} (whole numbers), comma-separated`);

  return [...new Set(numbers)];
}

/** Ids that stand on the command line without an option. */
export function parseIds(name: string, texts: readonly string[]): Parsed<readonly number[]> {
  const ids = texts.map(Number);
  const problems = ids.every(isId) ? [] : [`${name} is ${texts.join(' ')}: whole numbers`];
  return { options: [...new Set(ids)], problems };
}

function isId(id: number): boolean {
  return Number.isSafeInteger(id) && id > 0;
}

const instantExpected = 'a date (2026-07-01, midnight UTC) or an instant with offset (2026-07-01T00:00:00Z)';
const instantPattern = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?$/u;

/** A day or an instant; an invalid date where it is missing or wrong. */
export function parseInstant(option: string, text: string | undefined, problems: string[]): Date {
  const invalid = new Date(NaN);
  if (text === undefined) {
    problems.push(`${option} is not given: ${instantExpected}`);
    return invalid;
  }
  const [, day = ''] = instantPattern.exec(text) ?? [];
  const instant = new Date(text);
  const midnight = new Date(day);
  // Date turns the 30th of February into a day in March; such a day is a typing error.
  const isDay = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
  if (day !== '' && isDay && !Number.isNaN(instant.getTime())) return instant;
  problems.push(`${option} is ${text}: ${instantExpected}`);
  return invalid;
}
