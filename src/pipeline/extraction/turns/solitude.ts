/**
 * Lets tasks of a process run side by side, but for those that processes died with: such a task runs when no other
 * does, after all that can be done without it.
 */
export class Solitude {
  #running = 0;
  #isAlone = false;
  #changed = Promise.withResolvers<undefined>();

  /** Runs beside others; waits while a task is alone. */
  async beside(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    while (this.#isAlone && !signal.aborted) await this.#change(signal);
    this.#running += 1;
    try {
      await work();
    } finally {
      this.#running -= 1;
      this.#notify();
    }
  }

  /** Runs alone; at once where the signal aborts, for the task to be released. */
  async alone(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    while ((this.#isAlone || this.#running > 0) && !signal.aborted) await this.#change(signal);
    if (signal.aborted) return work();
    this.#isAlone = true;
    try {
      await work();
    } finally {
      this.#isAlone = false;
      this.#notify();
    }
  }

  async #change(signal: AbortSignal): Promise<void> {
    const stop = () => {
      this.#notify();
    };
    signal.addEventListener('abort', stop, { once: true });
    await this.#changed.promise;
    signal.removeEventListener('abort', stop);
  }

  #notify(): void {
    this.#changed.resolve(undefined);
    this.#changed = Promise.withResolvers();
  }
}
