import type { QueryContext } from '../event-query.ts';
import type { Row } from './rows.ts';
import { eventsBy } from '../../../world/counting.ts';
import { linksOf } from '../../../world/links.ts';
import type { JobTruth } from '../../../world/truth.ts';

interface LinkCount {
  readonly url: string | null;
  readonly alias: string;
  total: number;
  readonly subscribers: Set<string | null>;
}

/**
 * A job's links as `LinkSend` shows them: those of its mails, clicked or not, and those of clicks listed by hand.
 * The counts agree with the clicks.
 */
export function linkRows(job: JobTruth, { world, nowMs }: QueryContext): Row[] {
  const sets = world.countedSets('click', job.accountId, job.jobId);
  const isGenerated = sets.some((set) => !('events' in set));
  const links = new Map<number, LinkCount>(
    (isGenerated ? linksOf(job.jobId) : []).map(({ urlId, url, alias }) => [
      urlId,
      { url, alias, total: 0, subscribers: new Set() },
    ]),
  );
  for (const { urlId, url, subscriberKey } of eventsBy(sets, nowMs)) {
    if (urlId === null) continue;
    const link = links.get(urlId) ?? { url, alias: `Link ${urlId}`, total: 0, subscribers: new Set() };
    link.total += 1;
    link.subscribers.add(subscriberKey);
    links.set(urlId, link);
  }
  return [...links].map(([urlId, link]) => {
    const values = new Map<string, string | number | null>([
      ['Client.ID', job.accountId],
      ['ID', 0],
      ['SendID', job.jobId],
      ['Link.ID', urlId],
      ['Link.Alias', link.alias],
      ['Link.TotalClicks', link.total],
      ['Link.UniqueClicks', link.subscribers.size],
      ['Link.URL', link.url],
    ]);
    return (property) => values.get(property);
  });
}
