/** What is known of the width of windows, in seconds. */
export interface WidthBounds {
  /** The widest that did not time out. */
  readonly works: number | undefined;
  /** The narrowest that timed out. */
  readonly fails: number;
}

/** Requests for narrower and narrower parts, at most, before the search ends without a workable width. */
const narrowingsMax = 10;

/** The first part is a quarter of the window, the next a quarter of that. */
const narrowingMin = 4;

/** The search ends when the widest workable width is known to within a quarter. */
const precision = 1.25;

/**
 * Searches for the widest window that does not time out, by one narrow part after another.
 *
 * At most a dozen requests where nothing works: the parts are narrowed faster in a longer window, so that the last has
 * one second. Once one works, the widest is found by bisection to within a quarter.
 */
export class WidthSearch {
  #works: number | undefined;
  #fails: number;
  #guess: number | undefined;
  readonly #narrowing: number;

  /** `failing`: a width that timed out; `guess`: the width to try first. */
  constructor(failing: number, guess?: number) {
    this.#fails = failing;
    this.#guess = guess !== undefined && guess >= 1 && guess < failing ? guess : undefined;
    this.#narrowing = Math.max(narrowingMin, failing ** (1 / narrowingsMax));
  }

  get bounds(): WidthBounds {
    return { works: this.#works, fails: this.#fails };
  }

  /** The next width to try; undefined: the search is over. */
  next(): number | undefined {
    if (this.#guess !== undefined) return this.#guess;
    const [works, fails] = [this.#works, this.#fails];
    if (works === undefined) return fails <= 1 ? undefined : Math.max(1, Math.floor(fails / this.#narrowing));
    if (fails <= works * precision || fails - works <= 1) return undefined;
    // Far apart where a narrow guess worked: widened as fast as it would have been narrowed.
    const middle = fails > works * this.#narrowing ? works * this.#narrowing : Math.sqrt(works * fails);
    return Math.min(fails - 1, Math.max(works + 1, Math.round(middle)));
  }

  note(width: number, isTimedOut: boolean): void {
    this.#guess = undefined;
    if (isTimedOut) this.#fails = width;
    else this.#works = width;
  }
}
