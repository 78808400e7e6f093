import { youngDays } from '../../store/planning/open-jobs.ts';

/**
 * A job is read in each run until this long after its send or its last event; where the tail is read by date, until
 * this long after its send.
 */
export const youngMs = youngDays * 24 * 60 * 60 * 1000;

/** Which jobs the tail of an event type reads, from when on. */
export interface TailCover {
  readonly from: Date;
  readonly covers: (job: { readonly jobId: number; readonly triggeredSendId?: string | null }) => boolean;
}
