import type { QueryContext } from './event-query.ts';
import type { Row } from './rows.ts';
import type { JobTruth } from '../../world/truth.ts';

interface LinkCount {
  readonly url: string | null;
  total: number;
  readonly subscribers: Set<string | null>;
}

/** A job's links as `LinkSend` shows them: those that were clicked, with counts that agree with the clicks. */
export function linkRows(job: JobTruth, { world, nowMs }: QueryContext): Row[] {
  const links = new Map<number, LinkCount>();
  for (const click of world.events('click', job.accountId, job.jobId, new Date(nowMs))) {
    if (click.urlId === null) continue;
    const link = links.get(click.urlId) ?? { url: click.url, total: 0, subscribers: new Set() };
    link.total += 1;
    link.subscribers.add(click.subscriberKey);
    links.set(click.urlId, link);
  }
  return [...links].map(([urlId, link]) => {
    const values = new Map<string, string | number | null>([
      ['Client.ID', job.accountId],
      ['ID', 0],
      ['SendID', job.jobId],
      ['Link.ID', urlId],
      ['Link.Alias', `Link ${urlId}`],
      ['Link.TotalClicks', link.total],
      ['Link.UniqueClicks', link.subscribers.size],
      ['Link.URL', link.url],
    ]);
    return (property) => values.get(property);
  });
}
