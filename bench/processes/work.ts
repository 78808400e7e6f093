import { z } from 'zod';

/** Strict: an option that does not reach its contender would measure something else. */
export const contenderOptionsShape = z.strictObject({
  type: z.enum(['open', 'click']),
  /** Pages of one turn; of a queue: tasks. */
  pages: z.number(),
  /** Where a turn is a piece of a batch: pages of a turn. Then `pages` is those of the batch, and turns are numbered through all of them. */
  pagesPerTurn: z.number().optional(),
  databaseUrl: z.string().optional(),
  /** Where pages are replayed from. */
  sourceUrl: z.string().optional(),
  /** Batches are numbered from here, so that contenders do not load one another's events. */
  firstBatch: z.number().optional(),
  order: z.enum(['random', 'date']).optional(),
  isTriggered: z.boolean().optional(),
  /** Windows that are read side by side; one where absent. */
  windows: z.number().optional(),
  /** Takers of a queue. */
  workers: z.number().optional(),
});

export type ContenderOptions = Readonly<z.infer<typeof contenderOptionsShape>>;

export interface Work {
  /** Does one turn and returns the units of work; only this is timed. */
  run(round: number): Promise<number>;
  /** Prepares what the turn needs; not timed. */
  prepare?(round: number): Promise<void>;
  /** Further figures of the turn, read after it. */
  details?(): Promise<Readonly<Record<string, number>>>;
  stop?(): Promise<void>;
}

export type StartWork = (options: ContenderOptions) => Promise<Work> | Work;
