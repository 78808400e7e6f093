/** How many slots a process holds, over all its accounts, of those that it may hold at once. */
export class ProcessSlots {
  readonly #slotsMax: number;
  /** Slots that are held, and those that are being locked. */
  #taken = 0;
  #freed = Promise.withResolvers<undefined>();

  constructor(slotsMax: number) {
    this.#slotsMax = slotsMax;
  }

  get isFull(): boolean {
    return this.#taken >= this.#slotsMax;
  }

  /** Resolves when the next slot is given back. */
  get freed(): Promise<undefined> {
    return this.#freed.promise;
  }

  take(): void {
    this.#taken += 1;
  }

  /** None was free: nothing changes for those that wait. */
  cancel(): void {
    this.#taken -= 1;
  }

  giveBack(): void {
    this.#taken -= 1;
    this.#freed.resolve(undefined);
    this.#freed = Promise.withResolvers();
  }
}
