import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { scaleLinear, scaleTime } from 'd3-scale';
import { line } from 'd3-shape';
import { createRandom } from '../simulator/world/random.ts';
import { eventCatalog } from '../src/events/catalog.ts';
import type { TailRung } from '../src/store/ledger/task-ledger.ts';
import { dayMs, hourMs } from '../test/support/clock.ts';
import { firstFrom, type ModelJob } from '../test/support/tail/model-events.ts';
import { TailModel } from '../test/support/tail/tail-model.ts';
import { type Bench, type Row, valueRow } from './report/rows.ts';

/** What filters by date do in an account. */
const accounts = {
  'dates work': () => false,
  'dates work for up to 6 hours': (rung: TailRung, seconds: number) => rung <= 2 && seconds > 6 * 3600,
  'dates never work': (rung: TailRung) => rung <= 2,
} as const satisfies Record<string, (rung: TailRung, seconds: number) => boolean>;

type Account = keyof typeof accounts | 'job by job (TAIL=off)';

interface Night {
  readonly atMs: number;
  readonly requests: number;
  readonly ideal: number;
}

const pageSize = 2500;
const startMs = Date.UTC(2026, 0, 1, 2);

/** A year of nights by the product’s own plans, without a database: requests a night, and how soon events are in. */
export const tail: Bench = {
  name: 'tail',
  run({ isFull }) {
    const months = isFull ? 12 : 3;
    const jobs = createJobs(months);
    const nights = new Map<Account, readonly Night[]>();
    const rows: Row[] = [];
    for (const account of [...Object.keys(accounts).filter(isAccount), 'job by job (TAIL=off)'] as const) {
      const year = simulate(account, jobs, months);
      nights.set(account, year.nights);
      rows.push(...rowsOf(account, year));
    }
    if (isFull) writePlot(nights);
    return Promise.resolve(rows);
  },
};

function isAccount(name: string): name is keyof typeof accounts {
  return Object.hasOwn(accounts, name);
}

/** Two sends a day and ten triggered sends; events fade over months, some come from jobs that discovery does not show. */
function createJobs(months: number): ModelJob[] {
  const random = createRandom(7);
  const jobs: ModelJob[] = [];
  const days = months * 30;
  for (let day = -60; day < days; day += 1) {
    for (const at of [0, 1]) {
      const sentAt = startMs + day * dayMs + at * 6 * hourMs;
      jobs.push(
        createJob(
          { jobId: 1000 + jobs.length, sentAt, isTriggered: false, isUnknown: random() < 0.02 },
          random,
        ),
      );
    }
  }
  const first = jobs[0]?.jobId ?? 1000;
  for (let at = 0; at < 10; at += 1)
    jobs.push(createTriggered(first - 10 + at, startMs - 60 * dayMs, days + 60, random));

  return jobs.toSorted((one, other) => one.jobId - other.jobId);
}

const shares: Readonly<Record<string, number>> = {
  ...{ sent: 1, open: 0.5, click: 0.1, bounce: 0.02, unsub: 0.003, not_sent: 0.02 },
  ...{ forward: 0.001, forward_opt_in: 0.0005, survey: 0.01 },
};

/** Mails of a list send: a twentieth of what a large sender has, so that a year of nights takes a minute. */
const mails = 5_000;

function createJob(job: Omit<ModelJob, 'events'>, random: () => number): ModelJob {
  const events = eventCatalog.map(({ name, arrival }) => {
    const instants = Float64Array.from({ length: Math.round(mails * (shares[name] ?? 0)) }, () => {
      if (arrival === 'with-send') return job.sentAt + random() * hourMs;
      // Half within half a day; one in twenty trickles in for a year.
      const isLate = random() < 0.05;
      return job.sentAt + (isLate ? random() ** 3 * 365 * dayMs : -Math.log(1 - random()) * 17 * hourMs);
    }).sort();
    return [name, instants] as const;
  });
  return { ...job, events: new Map(events) };
}

function createTriggered(jobId: number, sentAt: number, days: number, random: () => number): ModelJob {
  const events = eventCatalog.map(({ name }) => {
    const count = Math.round(days * 40 * (shares[name] ?? 0));
    return [
      name,
      Float64Array.from({ length: count }, () => sentAt + random() * days * dayMs).sort(),
    ] as const;
  });
  return { jobId, sentAt, isTriggered: true, events: new Map(events) };
}

interface Year {
  readonly nights: readonly Night[];
  readonly withinDay: number;
  readonly everIn: number;
}

function simulate(account: Account, jobs: readonly ModelJob[], months: number): Year {
  const timesOut = isAccount(account) ? accounts[account] : () => false;
  const model = new TailModel({ jobs, definitions: eventCatalog, pageSize, timesOut });
  const nights: Night[] = [];
  // The first month is the first load.
  const measuredFrom = 30;
  for (let day = 0; day < months * 30; day += 1) {
    const atMs = startMs + day * dayMs;
    const requests = model.night(atMs, { readsTail: isAccount(account) });
    if (day >= measuredFrom) nights.push({ atMs, requests, ideal: idealOf(jobs, atMs) });
  }
  const delays = [...model.delays(startMs + measuredFrom * dayMs, startMs + (months * 30 - 32) * dayMs)];
  const share = (most: number) => delays.filter((delay) => delay <= most).length / Math.max(delays.length, 1);
  return { nights, withinDay: share(dayMs + hourMs), everIn: share(Number.MAX_VALUE) };
}

/** Full pages of what happened since the night before. */
function idealOf(jobs: readonly ModelJob[], atMs: number): number {
  let events = 0;
  for (const { events: byType } of jobs) {
    for (const instants of byType.values())
      events += firstFrom(instants, atMs) - firstFrom(instants, atMs - dayMs);
  }
  return Math.ceil(events / pageSize);
}

function rowsOf(account: Account, { nights, withinDay, everIn }: Year): Row[] {
  const sorted = nights.map(({ requests }) => requests).toSorted((one, other) => one - other);
  const ideal = nights.reduce((sum, night) => sum + night.ideal, 0) / nights.length;
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  const note = `${nights.length} nights, ideal ${ideal.toFixed(1)}, most ${at(1)}`;
  return [
    valueRow(`${account}: requests a night, median`, 'requests', at(0.5), note),
    valueRow(`${account}: events in within 25 h`, '%', 100 * withinDay),
    valueRow(`${account}: events in at all`, '%', 100 * everIn),
  ];
}

const colors = ['#1b6ca8', '#2a9d5c', '#c98a00', '#b3403a'] as const;
const size = { width: 860, height: 380, left: 60, right: 20, top: 20, bottom: 60 };

/** Requests of each night by account, as a picture. */
function writePlot(nights: ReadonlyMap<Account, readonly Night[]>): void {
  const all = [...nights.values()].flat();
  const x = scaleTime()
    .domain([
      new Date(Math.min(...all.map(({ atMs }) => atMs))),
      new Date(Math.max(...all.map(({ atMs }) => atMs))),
    ])
    .range([size.left, size.width - size.right]);
  const y = scaleLinear()
    .domain([0, Math.max(...all.map(({ requests }) => requests))])
    .nice()
    .range([size.height - size.bottom, size.top]);
  const path2 = (rows: readonly Night[], of: (night: Night) => number) =>
    line<Night>(
      ({ atMs }) => x(new Date(atMs)),
      (night) => y(of(night)),
    )([...rows]) ?? '';
  const lines = [...nights].map(
    ([, rows], at) =>
      `<path d="${path2(rows, ({ requests }) => requests)}" fill="none" stroke="${colors[at] ?? '#555'}" stroke-width="1.5"/>`,
  );
  const names = [...nights.keys()].map(
    (name, at) =>
      `<text x="${size.left + at * 200}" y="${size.height - 12}" fill="${colors[at] ?? '#555'}">${name}</text>`,
  );
  const grid = y
    .ticks(6)
    .map(
      (value) =>
        `<line x1="${size.left}" x2="${size.width - size.right}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/>` +
        `<text x="${size.left - 8}" y="${y(value) + 4}" text-anchor="end" fill="#555">${value}</text>`,
    );
  const months = x
    .ticks(11)
    .map(
      (date) =>
        `<text x="${x(date)}" y="${size.height - size.bottom + 18}" text-anchor="middle" fill="#555">${date.toISOString().slice(0, 7)}</text>`,
    );
  const [first] = nights.values();
  const ideal = `<path d="${path2(first ?? [], (night) => night.ideal)}" fill="none" stroke="#999" stroke-dasharray="4 3"/>`;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">`,
    '<title>Requests of each night; dashed: full pages of what happened</title>',
    ...[...grid, ...months, ideal, ...lines, ...names],
    '</svg>',
    '',
  ].join('\n');
  const folder = path.join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'tail.svg'), svg);
}
