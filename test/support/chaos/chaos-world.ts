import { createWorld, type World } from '../../../simulator/world/world.ts';
import type { SimulatedEventType, JobSpec } from '../../../simulator/world/truth.ts';
import { ago, dayMs, hourMs } from '../clock.ts';
import { accountId, eventOf, listSend, otherAccountId } from '../simulator.ts';

const accounts = [accountId, otherAccountId] as const;

/** Whole months kept besides the current one once retention is on: a hundred days are always before them. */
export const monthsKept = 2;

/** Events of each job; rollups that follow from them in every way are held elsewhere. */
const counts = { sent: 60, open: 40, click: 20, bounce: 3, unsub: 2, not_sent: 2, forward: 1, survey: 2 };

const triggeredSendIds = ['6a3f7c10-0000-4000-8000-000000000001', '6a3f7c10-0000-4000-8000-000000000002'];

/**
 * For each account: a send that is complete and can be judged, a young one, a triggered one to which things still
 * happen, and one of which retention drops the events.
 */
export function createChaosWorld(seed: number): World {
  const jobSpecs = accounts.flatMap((account, at): JobSpec[] => {
    const base = 1000 * (at + 1);
    return [
      { ...sendOf(account, base + 1, 6 * dayMs), lastEventAt: ago(4 * dayMs) },
      sendOf(account, base + 2, 2 * dayMs),
      { ...triggeredSend(account, base + 3, triggeredSendIds[at] ?? '') },
      { ...sendOf(account, base + 4, 100 * dayMs), lastEventAt: ago(99 * dayMs) },
    ];
  });
  return createWorld({ seed, now: new Date(), jobSpecs });
}

function sendOf(account: number, jobId: number, ageMs: number): JobSpec {
  const createdAt = ago(ageMs);
  const sentAt = new Date(createdAt.getTime() + hourMs);
  return listSend(jobId, { accountId: account, createdAt, sentAt, counts });
}

function triggeredSend(account: number, jobId: number, triggeredSendId: string): JobSpec {
  return {
    ...{ accountId: account, jobId, kind: 'triggered', createdAt: ago(20 * dayMs), sentAt: null },
    ...{ status: 'Sending', triggeredSendId, triggeredSendStatus: 'Active', counts },
  };
}

/** Whether retention leaves the job's events. */
export function isOld(jobId: number): boolean {
  return jobId % 1000 === 4;
}

/** Jobs to which something still happens. */
export function isLively(jobId: number): boolean {
  return [2, 3].includes(jobId % 1000);
}

const newsTypes: readonly SimulatedEventType[] = ['open', 'click'];

/** Something happens now or happened up to a day ago, and can be read at once or in some seconds. */
export function addNews(world: World, random: () => number, marker: number): void {
  const jobs = world.jobs().filter(({ jobId }) => isLively(jobId));
  const job = jobs[Math.floor(random() * jobs.length)];
  const type = newsTypes[Math.floor(random() * newsTypes.length)];
  if (job === undefined || type === undefined) return;
  const nowMs = Math.floor(Date.now() / 1000) * 1000;
  const events = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, at) =>
    eventOf(job.jobId, {
      accountId: job.accountId,
      triggeredSendId: job.triggeredSendId,
      subscriberKey: `news-${marker}-${at}@example.com`,
      occurredAt: nowMs - (random() < 0.5 ? 0 : Math.floor(random() * 20) * hourMs),
      availableAt: nowMs + Math.floor(random() * 3000),
      ...(type === 'click' ? { urlId: 1, url: 'https://example.com/news' } : {}),
    }),
  );
  world.addEvents(type, events);
}
