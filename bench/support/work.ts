import type { BatchType } from './events.ts';

export interface ContenderOptions {
  readonly type: BatchType;
  /** Pages of one turn; of a queue: tasks. */
  readonly pages: number;
  readonly databaseUrl?: string | undefined;
  /** Where pages are replayed from. */
  readonly sourceUrl?: string | undefined;
  /** Batches are numbered from here, so that contenders do not load one another's events. */
  readonly firstBatch?: number | undefined;
  readonly order?: 'random' | 'date' | undefined;
  readonly isTriggered?: boolean | undefined;
  /** Windows that are read side by side; one where absent. */
  readonly windows?: number | undefined;
  /** Takers of a queue. */
  readonly workers?: number | undefined;
}

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
