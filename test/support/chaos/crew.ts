import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { runCli, type RunningCli } from '../program/cli.ts';
import { ago, dayMs, eventually, hourMs, minuteMs } from '../clock.ts';
import { type Actor, type ActorEnd, keepRunning } from './actors.ts';

const shiftedClock = pathToFileURL(path.join(import.meta.dirname, '..', 'program', 'shifted-clock.js')).href;

/** How far the clock of a process is ahead of the machine's; most are right. */
const shiftsMs = [0, 0, 0, 4000, -4000, 3 * minuteMs, -3 * minuteMs, 2 * hourMs, -2 * hourMs, dayMs, -dayMs];

/** A database that is away, or settings; a supervisor starts it again. */
const unavailableCode = 2;

export interface CrewOptions {
  readonly env: () => Readonly<Record<string, string>>;
  readonly random: () => number;
}

/** The processes, and what became of them. */
export interface Crew {
  /** One that runs at this moment. */
  any(): RunningCli | undefined;
  services(): readonly Actor[];
  startBackfill(): void;
  /** Waits until the backfill has completed. */
  backfillEnded(): Promise<void>;
  /** Forgets a person, as often as it takes while the database comes and goes. */
  forget(subscriberKey: string): Promise<void>;
  /** What a backfill that was killed left parked waits for a person, who retries it and runs the backfill again. */
  finishParkedBackfill(): Promise<void>;
  counts(): Readonly<Record<string, number>>;
  bugs(): readonly string[];
  /** Lets the backfill complete and ends everything else as an operator does. */
  goHome(): Promise<void>;
  /** Ends everything at once and for good. */
  disband(): Promise<void>;
}

export function createCrew({ env, random }: CrewOptions): Crew {
  const bugs: string[] = [];
  const onEnd = (name: string, ended: ActorEnd): Promise<unknown> | undefined => {
    const { code, stdout, stderr, isHurried } = ended;
    const isUsual = code === null || code === 0 || code === unavailableCode || (code === 130 && isHurried);
    // Two faults of the token in a row look like refused credentials; the next run tries them again.
    const isRefused = code === 3 && stdout.includes('ACCOUNT_REFUSED');
    const isBackfill = name === 'backfill' && (code === 1 || code === 130 || isRefused);
    if ((!isUsual && !isBackfill) || /bug in sfmc-tracking|"level":"fatal"/u.test(stderr))
      bugs.push(`${name} ended with ${code ?? 'a signal'}: ${stderr.slice(-4000)}`);
    // What a backfill parked waits for a person.
    return isBackfill && code === 1 ? runCli(['tasks', 'retry', '--all'], env()) : undefined;
  };
  const start = (name: string, args: readonly string[], finalCodes: readonly number[] = []): Actor =>
    keepRunning({ name, args, finalCodes, onEnd, env: () => ({ ...env(), ...clockOf(random) }) });
  const services = [
    ...['worker-1', 'worker-2', 'worker-3'].map((name) => start(name, ['worker'])),
    ...['serve-1', 'serve-2'].map((name) => start(name, ['serve'])),
  ];
  let backfill: Actor | undefined;
  const everybody = (): Actor[] => [...services, ...(backfill === undefined ? [] : [backfill])];
  const range = ['--from', ago(110 * dayMs).toISOString(), '--to', ago(hourMs).toISOString()];
  return {
    any: () => {
      const running = everybody().flatMap((actor) => actor.running() ?? []);
      return running[Math.floor(random() * running.length)];
    },
    services: () => services,
    startBackfill: () => {
      backfill ??= start('backfill', ['backfill', ...range, '--json'], [0]);
    },
    backfillEnded: async () => {
      await backfill?.finished;
    },
    forget: async (subscriberKey) => {
      await eventually('a person is forgotten', async () => {
        const { code, stderr } = await runCli(['forget', '--subscriber', subscriberKey], env());
        if (code !== 0 && code !== unavailableCode)
          bugs.push(`forget ended with ${code ?? 'a signal'}: ${stderr}`);
        return code === 0;
      });
    },
    finishParkedBackfill: async () => {
      const { stdout } = await runCli(['tasks', 'retry', '--all'], env());
      if (!/^[1-9]/u.test(stdout)) return;
      expect(await runCli(['backfill', ...range, '--json'], env())).toMatchObject({ code: 0 });
    },
    counts: () => Object.fromEntries(everybody().map((actor) => [`${actor.name} starts`, actor.starts()])),
    bugs: () => bugs,
    goHome: async () => {
      for (const actor of everybody()) actor.running()?.signal('SIGCONT');
      await Promise.all(services.map((actor) => actor.retire('SIGTERM')));
    },
    disband: async () => {
      await Promise.all(everybody().map((actor) => actor.retire('SIGKILL')));
    },
  };
}

function clockOf(random: () => number): Record<string, string> {
  const shiftMs = shiftsMs[Math.floor(random() * shiftsMs.length)] ?? 0;
  return shiftMs === 0 ? {} : { NODE_OPTIONS: `--import=${shiftedClock}`, SHIFTED_MS: String(shiftMs) };
}
