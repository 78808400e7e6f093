import type { ExtractSignals } from './extract-task.ts';

/**
 * Shared by the tasks of an account that were claimed since its credentials were last refused: the first of them that
 * finds the credentials refused again ends it, with the error, and the others make no request then.
 *
 * What its signals follow lives as long as the process. So they are made once for all these tasks: signals made for each
 * would be garbage that only a full collection finds.
 */
export class Refusal {
  readonly #controller = new AbortController();
  readonly #signals: ExtractSignals;
  /** Aborts when the tasks have to end at once. */
  readonly abort: AbortSignal;
  /** Aborts when the tasks may not begin anything. */
  readonly stop: AbortSignal;

  constructor(signals: ExtractSignals) {
    this.#signals = signals;
    this.abort = AbortSignal.any([signals.abort, this.signal]);
    this.stop = AbortSignal.any([signals.stop, this.signal]);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  follows(signals: ExtractSignals): boolean {
    return this.#signals === signals;
  }

  end(error: Error): void {
    this.#controller.abort(error);
  }
}
