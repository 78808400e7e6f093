import { learnTemplate } from './learn-template.ts';
import { type ByteRange, matchTemplate, type RecordTemplate } from './record-template.ts';
import type { PathNode } from '../wanted-paths.ts';

// Events of one type have two or three shapes: with a triggered send, without, with a field more.
const templatesMax = 8;

/** The templates of responses with the same properties, those used last first. */
export class RecordTemplates {
  /** Start and end of each value of the last record found, in the order of the properties. */
  readonly places: Int32Array;
  readonly #properties: readonly string[];
  readonly #templates: RecordTemplate[] = [];

  constructor(properties: readonly string[]) {
    this.#properties = properties;
    this.places = new Int32Array(2 * properties.length);
  }

  /** Finds the values of the record at `at`; returns where it ends, or -1 if no template fits. */
  find(range: ByteRange, at: number): number {
    for (let index = 0; index < this.#templates.length; index += 1) {
      const template = this.#templates[index];
      const end = template === undefined ? -1 : matchTemplate(template, range, at, this.places);
      if (template === undefined || end < 0) continue;
      if (index > 0) this.#moveToFront(template, index);
      return end;
    }
    return -1;
  }

  /**
   * Learns the shape of a record that was just parsed into `values`. A template that would read anything else
   * from the same bytes is not kept.
   */
  learn(range: ByteRange, parent: PathNode, values: readonly (string | null)[]): void {
    // It is of a known shape, with a value that only sax reads.
    if (this.find(range, 0) === range.bytes.length) return;
    const template = learnTemplate(range.bytes, parent, this.#properties);
    if (template === undefined || matchTemplate(template, range, 0, this.places) !== range.bytes.length)
      return;
    if (!values.every((value, index) => value === this.#textOf(range.bytes, index))) return;
    this.#templates.unshift(template);
    this.#templates.length = Math.min(this.#templates.length, templatesMax);
  }

  #moveToFront(template: RecordTemplate, index: number): void {
    this.#templates.splice(index, 1);
    this.#templates.unshift(template);
  }

  #textOf(bytes: Uint8Array, property: number): string | null {
    const from = this.places[2 * property] ?? -1;
    if (from < 0) return null;
    const text = Buffer.from(bytes.subarray(from, this.places[2 * property + 1])).toString();
    return text.replaceAll(/&(amp|lt|gt|quot|apos);/gu, (_, name: string) => characters[name] ?? '');
  }
}

const characters: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Kept between responses: an account's pages have the same shapes all night. */
const known = new WeakMap<readonly string[], RecordTemplates>();

/** The templates of records with these properties. */
export function templatesOf(properties: readonly string[]): RecordTemplates {
  const templates = known.get(properties) ?? new RecordTemplates(properties);
  known.set(properties, templates);
  return templates;
}
