import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { settingNames } from '../../config/settings.ts';
import type { Environment } from '../../config/environment.ts';
import { program } from '../../invocation.ts';
import { joinEmbeddedPostgres } from '../../store/embedded/embedded-postgres.ts';
import { migrateDatabase } from '../../store/schema/migrate.ts';
import { createPool, type Pool, storeErrorFrom } from '../../store/connection/pool.ts';
import { readStatusReport } from '../../store/status/report.ts';
import { type Child, startChild } from './child-process.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { compareWithTruth } from './compare-with-truth.ts';
import { runQuestion, type Question, questions } from './questions.ts';
import { printLines } from '../output.ts';
import { startDemoSimulator } from './simulator.ts';
import { renderStatus } from '../status-text.ts';
import type { Clock } from '../terminal/instants.ts';
import { marked } from '../terminal/marks.ts';
import { clockOf, columnsOf } from '../terminal/terminal.ts';

/** Shows the whole product in under a minute, without an account; deletes everything it created when it ends. */
export async function runDemo(context: CommandContext): Promise<ExitCode> {
  const dir = await mkdtemp(path.join(tmpdir(), 'sfmc-tracking-demo-'));
  // For root, the embedded Postgres runs as another user, who must be able to enter.
  await chmod(dir, 0o755);
  try {
    return await demonstrate(dir, context);
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function demonstrate(dir: string, context: CommandContext): Promise<ExitCode> {
  const { stdout, signals } = context;
  const say = (...lines: string[]) => printLines(stdout, lines);
  const endings: (() => Promise<unknown>)[] = [];
  try {
    say(heading(1, 'A Postgres and a Marketing Cloud, both on this machine'));
    const postgres = await joinEmbeddedPostgres({ dataDir: path.join(dir, 'data'), isFast: true });
    endings.push(() => postgres.leave());
    const { applied } = await migrateDatabase({ databaseUrl: postgres.url });
    say(`Embedded Postgres on port ${postgres.port}; ${applied.length} migrations applied.`);
    const env = withoutSettings(context.env);
    const simulator = await startDemoSimulator({ dir, env, signal: signals.drain });
    endings.push(() => simulator.child.stop());
    say(
      `Simulator at ${simulator.url}, with two business units and two faults prepared:`,
      ...simulator.faults,
    );

    say(heading(2, 'sfmc-tracking sync'));
    const settings = { ...simulator.environment, ...demoSettings, DATABASE_URL: postgres.url };
    const sync = startChild('cli', ['sync'], {
      cwd: dir,
      env: { ...env, ...settings },
      streams: 'inherit',
      signal: signals.drain,
    });
    const syncCode = await exitOf(sync, signals.drain);

    const pool = createPool({
      databaseUrl: postgres.url,
      connectionsMax: 4,
      applicationName: 'sfmc-tracking demo',
    });
    endings.push(() => pool.end());
    const view = { columns: Math.min(columnsOf(stdout), readableWidth), clock: clockOf(stdout) };
    return await show(pool, { say, syncCode, view, simulatorUrl: simulator.url, now: context.now() });
  } catch (error) {
    signals.drain.throwIfAborted();
    throw storeErrorFrom(error);
  } finally {
    for (const end of endings.reverse()) await end().catch(() => undefined);
  }
}

interface Show {
  readonly say: (...lines: string[]) => void;
  readonly syncCode: number;
  /** The terminal. */
  readonly view: { readonly columns: number; readonly clock: Clock };
  readonly simulatorUrl: string;
  readonly now: Date;
}

async function show(pool: Pool, { say, syncCode, view, simulatorUrl, now }: Show): Promise<ExitCode> {
  say(heading(3, 'sfmc-tracking status'));
  say(renderStatus(await readStatusReport(pool, now), view));

  const ask = async (number: number, question: Question): Promise<void> => {
    say(heading(number, question.title), question.sql, '', await runQuestion(pool, question));
  };
  await ask(4, questions.jobPerformance);
  await ask(5, questions.humansAndMachines);
  say('', ...aboutMachines);
  await ask(6, questions.completeness);
  const comparison = await compareWithTruth(pool, simulatorUrl);
  say('', ...comparison.lines);
  if (syncCode !== 0) say(`The sync ended with exit code ${syncCode}.`);

  say(heading(7, 'Look around yourself'), ...lookAround);
  return comparison.isEqual && syncCode === 0 ? 0 : 1;
}

async function exitOf(child: Child, drain: AbortSignal): Promise<number> {
  const code = await child.exit;
  drain.throwIfAborted();
  return code;
}

// The simulator's oldest jobs are months old; a real first run would reach them by a backfill.
const demoSettings = {
  JOB_LOOKBACK_DAYS: '365',
  RETRY_BASE_MS: '200',
  LOG_LEVEL: 'warn',
  LOG_FORMAT: 'pretty',
};

/** The demo neither reads nor changes what the user has set up. */
function withoutSettings(env: Environment): Environment {
  const names = new Set<string>(settingNames.flatMap((name) => [name, `${name}_FILE`]));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)));
}

// Where there is no terminal to measure.
const readableWidth = 100;

const aboutMachines = [
  'Gateways follow the links of a message to check it. bi.engagement_rules has the rules that find',
  'them, bi.machine_reasons says which event meets which. Opens that privacy proxies load cannot be',
  "told from people's: read human opens as an upper bound, and trust clicks.",
];

function heading(number: number, title: string): string {
  return `\n${marked('strong', `== ${number}. ${title} ==`)}\n`;
}

const lookAround = [
  'Everything above is stopped and deleted now. To try more:',
  ...[
    ['simulate', 'in a terminal of its own; it prints settings for .env'],
    ['sync', 'loads into the embedded Postgres'],
    ['database start', 'keeps Postgres running, prints its URL for BI tools'],
    ['database stop', 'ends it'],
  ].map(([command = '', does = '']) => `  ${program} ${command.padEnd(15)}  ${does}`),
];
