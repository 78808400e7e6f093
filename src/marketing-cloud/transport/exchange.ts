import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** The connection is paused while this much waits for a reader of pieces: as large as they are. */
const waitingBytesMax = 64 * 1024;

export interface ResponseHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/**
 * One request and its response, as a dispatcher calls it.
 *
 * The streams and signals of undici's `request` would cost a small response as much CPU as all the rest of it.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  /** When the response begins; rejects with the failure if none does. */
  readonly head: Promise<ResponseHead>;
  readonly #begun = Promise.withResolvers<ResponseHead>();
  #controller: Dispatcher.DispatchController | undefined;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #waitingMax = waitingBytesMax;
  #isWhole = false;
  #failure: { readonly error: unknown } | undefined;
  /** Wakes the reader, while it waits. */
  #wake: (() => void) | undefined;

  constructor() {
    this.head = this.#begun.promise;
    this.head.catch(() => undefined);
  }

  /** Ends the exchange, and its connection unless the response is whole; its reader gets the reason. */
  abort(reason: unknown): void {
    if (this.#failure !== undefined) return;
    this.#fail(reason);
    if (!this.#isWhole) this.#controller?.abort(new Error('the request was given up'));
  }

  /** The whole body if it has no more than `bytesMax`; else undefined, and `chunks` has all of it. */
  async whole(bytesMax: number): Promise<Buffer | undefined> {
    this.#waitingMax = bytesMax + 1;
    this.#controller?.resume();
    while (!this.#isWhole && this.#waitingBytes <= bytesMax) await this.#arrival();
    this.#waitingMax = waitingBytesMax;
    return this.#waitingBytes > bytesMax ? undefined : this.#take();
  }

  /** The body as it arrives. Who leaves before its end gives it up. */
  async *chunks(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        if (this.#waitingBytes > 0) yield this.#take();
        else if (this.#isWhole) return;
        else await this.#arrival();
      }
    } finally {
      if (!this.#isWhole) this.abort(new Error('the reader has left'));
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failure !== undefined) controller.abort(new Error('the request was given up'));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status >= 200) this.#begun.resolve({ status, headers });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.byteLength;
    if (this.#waitingBytes >= this.#waitingMax) controller.pause();
    this.#wake?.();
  }

  onResponseEnd(): void {
    this.#isWhole = true;
    this.#wake?.();
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#begun.reject(this.#failure.error);
    this.#wake?.();
  }

  /** What waits, as one piece. */
  #take(): Buffer {
    const [first] = this.#waiting;
    const bytes = first !== undefined && this.#waiting.length === 1 ? first : Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#controller?.resume();
    return bytes;
  }

  /** The next piece, or the end. */
  async #arrival(): Promise<void> {
    if (this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = undefined;
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
