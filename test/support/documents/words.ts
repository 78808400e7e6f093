/** A phrase that stands in a text, and where. */
export interface FoundPhrase {
  readonly phrase: string;
  readonly line: number;
  /** The word or words as they stand there. */
  readonly as: string;
}

interface Word {
  readonly text: string;
  readonly line: number;
  /** Whether it follows the word before with nothing but a space, a line break or a hyphen between. */
  readonly isJoined: boolean;
}

/**
 * Every place where one of the phrases stands in the text.
 *
 * Identifiers are taken apart into their words (`waitMs`, `wait_ms`, `wait-ms` and "wait ms" are the same), case
 * does not matter, a phrase may go on in the next line of a comment, and a `*` stands for any ending of a word.
 */
export function findPhrases(text: string, phrases: readonly string[]): FoundPhrase[] {
  const { words, places } = wordsOf(text);
  const found = phrases.flatMap((phrase) => {
    const parts = phrase.toLowerCase().split(/[ -]/u);
    return placesOfFirst(places, parts[0] ?? '')
      .filter((at) => standsAt(words, at, parts))
      .map((at) => ({ phrase, at, as: words.slice(at, at + parts.length) }));
  });
  return found
    .toSorted((one, other) => one.at - other.at)
    .map(({ phrase, at, as }) => ({
      phrase,
      line: words[at]?.line ?? 0,
      as: as.map((word) => word.text).join(' '),
    }));
}

function placesOfFirst(places: ReadonlyMap<string, readonly number[]>, part: string): readonly number[] {
  if (!part.endsWith('*')) return places.get(part) ?? [];
  return [...places].flatMap(([word, at]) => (word.startsWith(part.slice(0, -1)) ? at : []));
}

function standsAt(words: readonly Word[], at: number, parts: readonly string[]): boolean {
  return parts.every((part, index) => {
    const word = words[at + index];
    if (word === undefined || (index > 0 && !word.isJoined)) return false;
    return part.endsWith('*') ? word.text.startsWith(part.slice(0, -1)) : word.text === part;
  });
}

interface SearchedText {
  readonly words: readonly Word[];
  /** Where each word stands among them. */
  readonly places: ReadonlyMap<string, readonly number[]>;
}

/** Every text that was searched: many searches go over the same files. */
const searched = new Map<string, SearchedText>();

function wordsOf(text: string): SearchedText {
  const known = searched.get(text);
  if (known !== undefined) return known;
  const words = text.split('\n').flatMap((line, index) => wordsOfLine(line, index + 1));
  const places = Map.groupBy(words.keys(), (at) => words[at]?.text ?? '');
  searched.set(text, { words, places });
  return { words, places };
}

function wordsOfLine(line: string, number: number): Word[] {
  // The marks that comments and tables begin a line with do not part a phrase.
  const start = /^\s*(?:\/\/|\/?\*+|--|#+|>)?\s*/u.exec(line)?.[0].length ?? 0;
  let end = start;
  return [...line.slice(start).matchAll(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{Nd}+/gu)].map((match) => {
    const at = start + match.index;
    const between = line.slice(end, at);
    end = at + match[0].length;
    return { text: match[0].toLowerCase(), line: number, isJoined: /^[\s_-]*$/u.test(between) };
  });
}

/** The cells of the table under a heading, row by row, without the row of titles. */
export function tableUnder(page: string, heading: string): string[][] {
  const section = page.split(/^## /mu).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What is marked as code in a cell. */
export function markedIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/gu)].map(([, marked]) => marked ?? '');
}
