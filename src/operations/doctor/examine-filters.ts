import { sent } from '../../events/sent.ts';
import { RetrieveTimedOutError } from '../../errors.ts';
import type { AccountClient } from '../../marketing-cloud/account-client.ts';
import type { Filter } from '../../marketing-cloud/request/filter.ts';
import { failedBy, note, ok } from './check.ts';
import type { Check } from './examine-objects.ts';
import { readFirstPage } from './first-page.ts';
import type { Announce } from './probe-paging.ts';

/** Which filters of events an account accepts and responds to in time. */
export interface WorkingFilters {
  readonly byDate: boolean;
  readonly byList: boolean;
}

interface Probing {
  readonly client: AccountClient;
  readonly now: () => Date;
  readonly announce: Announce;
}

const hourMs = 60 * 60_000;

/** Which filters the account can work with; old jobs are read by the first that does, or one by one. */
export async function examineFilters(
  check: Check,
  jobs: readonly number[],
  { client, now, announce }: Probing,
  signal: AbortSignal,
): Promise<WorkingFilters> {
  const to = now();
  const works = { byDate: false, byList: false };
  const dates: Filter = {
    property: 'EventDate',
    operator: 'between',
    values: [new Date(to.getTime() - hourMs), to],
  };
  const list: Filter = { property: 'SendID', operator: 'IN', values: [jobs[0] ?? 1, jobs[1] ?? 2] };
  const probes = [
    { name: 'filter by date alone', filter: dates, as: 'byDate' },
    { name: 'filter by a list of jobs', filter: { and: [list, dates] }, as: 'byList' },
  ] as const;
  for (const { name, filter, as } of probes) {
    await check(name, async () => {
      announce(name);
      try {
        const { durationMs } = await readFirstPage(client, sent, { filter, pageSize: 1 }, signal);
        works[as] = true;
        return ok(`works for an hour of sends (${durationMs} ms)`);
      } catch (error) {
        if (error instanceof RetrieveTimedOutError) return note('times out: old jobs are read another way');
        return note(failedBy(error).result, 'old jobs are read another way');
      }
    });
  }
  return works;
}
