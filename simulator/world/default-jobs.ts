import { createRandom, randomGuid } from './random.ts';
import type { JobSpec, MachineShares } from './truth.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Shares of an account that mails companies as well as people. */
export const usualMachines: MachineShares = {
  scanners: 0.05,
  sandboxes: 0.01,
  privacyOpens: 0.3,
  doubleTaps: 0.02,
};

export interface DefaultJobsOptions {
  readonly seed: number;
  readonly now: Date;
  readonly accountIds: readonly number[];
  /** List sends per account. */
  readonly jobs: number;
  /** Mails of each list send. */
  readonly eventsPerJob: number;
}

/**
 * The jobs of a world that was not specified: per account list sends over the last weeks and one older, one that
 * is scheduled for tomorrow, a triggered send that has mailed for eight months and one that was stopped.
 */
export function defaultJobs(options: DefaultJobsOptions): JobSpec[] {
  return options.accountIds.flatMap((accountId, account) => {
    const firstJobId = 1_543_000 + account * 10_000;
    return [
      ...Array.from({ length: options.jobs }, (_, at) => listSend(options, accountId, firstJobId, at)),
      scheduledSend(options, accountId, firstJobId + 9_000),
      ...triggeredSends(options, accountId, firstJobId + 9_001),
    ];
  });
}

function listSend(options: DefaultJobsOptions, accountId: number, firstJobId: number, at: number): JobSpec {
  const random = createRandom(options.seed, accountId, at);
  const isOldest = at > 0 && at === options.jobs - 1;
  const ageMs = isOldest ? 45 * dayMs : 5 * hourMs + ((at + random() * 0.8) * 20 * dayMs) / options.jobs;
  const createdAt = new Date(options.now.getTime() - Math.floor(ageMs));
  const sendingMs = Math.min(50 * 60_000, 30_000 + options.eventsPerJob * 20);
  const scheduledAt = new Date(createdAt.getTime() + 10 * 60_000);
  return {
    accountId,
    // Newest first in time, so that ids grow with the date as they do in an account.
    jobId: firstJobId + (options.jobs - at) * 3,
    kind: 'list',
    createdAt,
    scheduledAt,
    sentAt: new Date(scheduledAt.getTime() + sendingMs),
    subject: `Offer ${options.jobs - at} & more`,
    counts: {
      sent: options.eventsPerJob,
      open: Math.floor(options.eventsPerJob * (0.3 + random() * 0.4)),
      click: Math.floor(options.eventsPerJob * (0.05 + random() * 0.1)),
      ...usualCounts(options.eventsPerJob),
    },
  };
}

function scheduledSend(options: DefaultJobsOptions, accountId: number, jobId: number): JobSpec {
  return {
    accountId,
    jobId,
    kind: 'list',
    createdAt: new Date(options.now.getTime() - 3 * hourMs),
    scheduledAt: new Date(options.now.getTime() + dayMs),
    sentAt: null,
    status: 'Scheduled',
    subject: 'Tomorrow',
  };
}

function triggeredSends(options: DefaultJobsOptions, accountId: number, firstJobId: number): JobSpec[] {
  const random = createRandom(options.seed, accountId, 77);
  const now = options.now.getTime();
  const sent = Math.ceil(options.eventsPerJob / 2);
  const one = { accountId, kind: 'triggered', sentAt: null, status: 'Sending' } as const;
  return [
    {
      ...one,
      jobId: firstJobId,
      // Marketing Cloud: one job serves a triggered send for as long as it is not republished.
      createdAt: new Date(now - 240 * dayMs),
      subject: 'Welcome',
      triggeredSendId: randomGuid(random),
      triggeredSendStatus: 'Active',
      counts: { sent, open: Math.floor(sent * 0.6), click: Math.floor(sent * 0.2), ...usualCounts(sent) },
    },
    {
      ...one,
      jobId: firstJobId + 1,
      createdAt: new Date(now - 60 * dayMs),
      lastEventAt: new Date(now - 25 * dayMs),
      subject: 'Password reset',
      triggeredSendId: randomGuid(random),
      triggeredSendStatus: 'Inactive',
      counts: {
        sent: Math.ceil(sent / 4),
        open: Math.floor(sent / 8),
        click: Math.floor(sent / 16),
        ...usualCounts(Math.ceil(sent / 4)),
      },
    },
  ];
}

/** What goes with that number of mails in an account like many: at least one of each type, so that a small world has all. */
function usualCounts(sent: number): NonNullable<JobSpec['counts']> {
  return {
    bounce: Math.ceil(sent * 0.02),
    unsub: Math.ceil(sent * 0.003),
    not_sent: Math.ceil(sent * 0.02),
    forward: Math.ceil(sent * 0.001),
    forward_opt_in: Math.ceil(sent * 0.0005),
    survey: Math.ceil(sent * 0.01),
  };
}
