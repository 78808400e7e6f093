/** Handles a task. It may leave its place to the next one before it has ended. */
export type Handle<Task> = (task: Task, leavePlace: () => void) => Promise<void>;

/** Tasks that wait for a place and those that are being handled, a limited number at once. */
export class Lane<Task> {
  readonly #waiting: Task[] = [];
  readonly #handling = new Set<Promise<void>>();
  #placesTaken = 0;

  get waitingCount(): number {
    return this.#waiting.length;
  }

  push(task: Task): void {
    this.#waiting.push(task);
  }

  /** Handles tasks while there are places; `onFinished` is called after each. */
  startUpTo(concurrency: number, handle: Handle<Task>, onFinished: () => void): void {
    while (this.#placesTaken < concurrency) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#placesTaken += 1;
      let hasPlace = true;
      const leavePlace = () => {
        if (!hasPlace) return;
        hasPlace = false;
        this.#placesTaken -= 1;
        this.startUpTo(concurrency, handle, onFinished);
      };
      const handling = handle(next, leavePlace).finally(() => {
        this.#handling.delete(handling);
        leavePlace();
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
