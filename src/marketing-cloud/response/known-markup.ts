import type sax from 'sax';

// A response has some 20 different tags, and one or two of its own. These limits keep ever new tags from
// filling memory.
const knownTagsMax = 256;
const knownTagCharsMax = 160;
// A server writes the same beginning in every response: a declaration, and a root tag that names its namespaces.
const beginningCharsMax = 1024;
const usualBeginning = /^(?:<\?xml [^<>&]*\?>)?<[^<>&!?/][^<>&]*>$/u;

/** Markup as sax parsed it the first time, shared by documents; a tag means the same wherever it stands. */
export class KnownMarkup {
  readonly #tags = new Map<string, sax.Tag>();
  #beginning: { readonly text: string; readonly root: sax.Tag } | undefined;

  get size(): number {
    return this.#tags.size;
  }

  /** The tag with that text between `<` and `>`. */
  findTag(text: string): sax.Tag | undefined {
    return this.#tags.get(text);
  }

  rememberTag(text: string, tag: sax.Tag): void {
    if (text.length >= knownTagCharsMax) return;
    if (this.#tags.size >= knownTagsMax) this.#tags.clear();
    this.#tags.set(copyOf(text), tag);
  }

  /** The beginning of a document up to its root tag, if it is that of the last one. */
  findBeginning(chunk: string): { readonly length: number; readonly root: sax.Tag } | undefined {
    const known = this.#beginning;
    if (known === undefined || !chunk.startsWith(known.text)) return undefined;
    return { length: known.text.length, root: known.root };
  }

  rememberBeginning(text: string, root: sax.Tag): void {
    if (text.length > beginningCharsMax || !usualBeginning.test(text)) return;
    this.#beginning = { text: copyOf(text), root };
  }
}

/** A slice would keep its whole chunk in memory. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}
