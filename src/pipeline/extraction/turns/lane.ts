/** Tasks that wait for a place and those that are being handled, a limited number at once. */
export class Lane<Task> {
  readonly #waiting: Task[] = [];
  readonly #handling = new Set<Promise<void>>();

  get waitingCount(): number {
    return this.#waiting.length;
  }

  push(task: Task): void {
    this.#waiting.push(task);
  }

  /** Handles tasks while there are places; `onFinished` is called after each. */
  startUpTo(concurrency: number, handle: (task: Task) => Promise<void>, onFinished: () => void): void {
    while (this.#handling.size < concurrency) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const handling = handle(next).finally(() => {
        this.#handling.delete(handling);
        this.startUpTo(concurrency, handle, onFinished);
        onFinished();
      });
      this.#handling.add(handling);
    }
  }

  /** Resolves when the tasks that are being handled now have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#handling);
  }
}
