import sax from 'sax';
import { KnownMarkup } from './known-markup.ts';

// Members of sax 1.6.1 that its typings leave out; the version is pinned because of them.
declare module 'sax' {
  interface SAXOptions {
    /** Only the five entities of XML itself, not those of HTML. */
    strictEntities?: boolean;
  }
  interface SAXParser {
    state: number;
    tags: Tag[];
    textNode: string;
    cdata: string;
    sawRoot: boolean;
    closedRoot: boolean;
  }
  const STATE: {
    readonly BEGIN: number;
    readonly TEXT: number;
    readonly CDATA: number;
    readonly CDATA_ENDING: number;
    readonly CDATA_ENDING_2: number;
  };
}

// sax's own limit (MAX_BUFFER_LENGTH), which `position: false` switches off; no tag of the API comes near it.
const markupCharsMax = 64 * 1024;
// The deepest documented response has 9 levels; the limit keeps a hostile one from growing the stack.
const depthMax = 64;
// Longer text is passed on in pieces, so that a text node of any size costs no memory.
const textFlushChars = 64 * 1024;

export type SaxTag = sax.Tag | sax.QualifiedTag;

/** Called for each part of the document. Tags are shared between calls and must not be changed. */
export interface SaxHandlers {
  openTag(tag: SaxTag): void;
  closeTag(name: string): void;
  /** Text or CDATA, in one or more pieces. */
  text(piece: string): void;
  /** A reference to a character that XML forbids, or to an unknown entity; the text keeps it as written. */
  invalidReference(): void;
  documentType(declaration: string): void;
  /** The document is not well-formed or exceeds a limit. */
  broken(reason: string): never;
}

const { BEGIN: beginState, TEXT: textState, CDATA: cdataState, CDATA_ENDING_2: cdataLastState } = sax.STATE;
const slash = 47;
const exclamationMark = 33;
const questionMark = 63;

/**
 * Parses XML exactly as sax does in strict mode, three to four times as fast.
 *
 * Half of sax's time goes into its state machine, character by character. Here `indexOf` finds plain text and
 * known tags. Everything unusual (entities, comments, CDATA, a tag split by the end of a chunk, the first
 * appearance of a tag, and of the beginning of a document) goes through sax itself. A differential test compares the
 * events with those of sax.
 */
export class FastSax extends sax.SAXParser {
  /** Where the current piece of markup or text ends in the current chunk. */
  offset = 0;
  readonly #known: KnownMarkup;
  readonly #handlers: SaxHandlers;
  #markupChars = 0;

  /** `known` may be shared by documents, so that the tags of a small one are known already. */
  constructor(handlers: SaxHandlers, known = new KnownMarkup()) {
    super(true, { position: false, strictEntities: true });
    this.#handlers = handlers;
    this.#known = known;
    this.ontext = (text) => handlers.text(text);
    this.oncdata = (text) => handlers.text(text);
    this.onopentag = (tag) => handlers.openTag(tag);
    this.onclosetag = (name) => handlers.closeTag(name);
    this.ondoctype = (declaration) => handlers.documentType(declaration);
    this.onerror = (error) => {
      if (!error.message.startsWith('Invalid character entity')) handlers.broken(error.message);
      this.resume();
      handlers.invalidReference();
    };
  }

  /** Nothing that was read waits for its end: what follows could be read by itself. */
  get isBetweenElements(): boolean {
    return this.state === textState && this.textNode === '';
  }

  override write(chunk: string): this {
    const length = chunk.length;
    const isFirst = this.state === beginState;
    let at = isFirst ? this.#takeBeginning(chunk) : 0;
    while (at < length) {
      if (this.state !== textState || !this.sawRoot || this.closedRoot) {
        at = this.#walk(chunk, at);
        const [root] = this.tags;
        if (isFirst && root !== undefined) this.#known.rememberBeginning(chunk.slice(0, at), root);
        continue;
      }
      const lt = chunk.indexOf('<', at);
      if (lt !== at) {
        at = this.#takeText(chunk, at, lt < 0 ? length : lt);
        continue;
      }
      const gt = chunk.indexOf('>', lt + 1);
      if (gt >= 0 && this.#takeKnown(chunk, lt, gt)) at = gt + 1;
      else at = this.#walkAndRemember(chunk, lt, gt);
    }
    this.#flushLongText();
    return this;
  }

  override close(): this {
    this.end();
    return this;
  }

  /** Takes the root tag and what goes before it, if they are those of another document; returns where they end. */
  #takeBeginning(chunk: string): number {
    const beginning = this.#known.findBeginning(chunk);
    if (beginning === undefined) return 0;
    const { root, length } = beginning;
    this.offset = length;
    this.state = textState;
    this.sawRoot = true;
    this.tags.push(root);
    this.#handlers.openTag(root);
    return length;
  }

  /** Passes one piece of markup through sax, up to the next `>` or the end of the chunk. */
  #walk(chunk: string, at: number): number {
    const gt = chunk.indexOf('>', at);
    this.offset = gt < 0 ? chunk.length : gt + 1;
    super.write(chunk.slice(at, this.offset));
    if (this.state === textState) {
      this.#markupChars = 0;
      if (this.tags.length > depthMax) this.#handlers.broken(`nested deeper than ${depthMax} elements`);
    } else if (this.state < cdataState || this.state > cdataLastState) {
      this.#markupChars += this.offset - at;
      if (this.#markupChars > markupCharsMax) this.#handlers.broken(`markup longer than ${markupCharsMax}`);
    }
    return this.offset;
  }

  #takeText(chunk: string, from: number, to: number): number {
    const text = chunk.slice(from, to);
    this.offset = to;
    // Only sax handles entities; it treats `]]>` and the like as text as well.
    if (text.includes('&')) super.write(text);
    else this.textNode = this.textNode === '' ? text : this.textNode + text;
    return to;
  }

  /** Handles a known `<tag …>`, or the `</tag>` of the open element; false for anything else. */
  #takeKnown(chunk: string, lt: number, gt: number): boolean {
    this.offset = gt + 1;
    if (chunk.charCodeAt(lt + 1) === slash) {
      const depth = this.tags.length - 1;
      const open = this.tags[depth];
      if (depth === 0 || open?.name.length !== gt - lt - 2 || !chunk.startsWith(open.name, lt + 2))
        return false;
      this.#flushText();
      this.tags.pop();
      this.#handlers.closeTag(open.name);
      return true;
    }
    const tag = this.#known.findTag(chunk.slice(lt + 1, gt));
    if (tag === undefined) return false;
    this.#flushText();
    if (!tag.isSelfClosing) {
      this.tags.push(tag);
      if (this.tags.length > depthMax) this.#handlers.broken(`nested deeper than ${depthMax} elements`);
    }
    this.#handlers.openTag(tag);
    if (tag.isSelfClosing) this.#handlers.closeTag(tag.name);
    return true;
  }

  #walkAndRemember(chunk: string, lt: number, gt: number): number {
    const depth = this.tags.length;
    const end = this.#walk(chunk, lt);
    if (gt < 0) return end;
    const first = chunk.charCodeAt(lt + 1);
    const isElement = first !== slash && first !== exclamationMark && first !== questionMark;
    if (!isElement || this.state !== textState || this.closedRoot) return end;

    const markup = chunk.slice(lt + 1, gt);
    if (markup.includes('&')) return end; // sax may have reported the reference, and must do so every time
    const isSelfClosing = chunk.charCodeAt(gt - 1) === slash;
    const tag = isSelfClosing ? this.tag : this.tags[depth];
    if (tag !== undefined && this.tags.length === (isSelfClosing ? depth : depth + 1))
      this.#known.rememberTag(markup, tag);
    return end;
  }

  #flushText(): void {
    if (this.textNode === '') return;
    const text = this.textNode;
    this.textNode = '';
    this.#handlers.text(text);
  }

  #flushLongText(): void {
    if (this.textNode.length > textFlushChars) this.#flushText();
    if (this.cdata.length > textFlushChars) {
      const text = this.cdata;
      this.cdata = '';
      this.#handlers.text(text);
    }
  }
}
