import { once } from 'node:events';
import type { Config } from '../../config/config.ts';
import type { Logger } from '../../logger.ts';
import type { Housekeeper } from '../../operations/housekeeping/housekeeper.ts';
import { startStatusServer, type StatusServer } from '../../operations/http/server.ts';
import { readJobDetail } from '../../store/status/detail/job-detail.ts';
import { readRunDetail } from '../../store/status/detail/run-detail.ts';
import { readTaskDetail } from '../../store/status/detail/task-detail.ts';
import { readJobVerdicts } from '../../store/status/coverage/job-verdicts.ts';
import { readOverview } from '../../store/status/overview.ts';
import { readStatusReport } from '../../store/status/report.ts';
import { type Opened, openRuntime, type Runtime } from './composition/compose.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { endInTime } from '../ending/end-in-time.ts';
import { createHousekeeper, stepsOf } from './housekeeping.ts';

export interface ServiceCommand {
  readonly command: string;
  readonly config: Config;
  /** Without a completed sync for this long, data are overdue; undefined: as the process says that serves the schedule. */
  readonly readyAfterMs: number | undefined;
}

/** The latest sends on the page of an account. */
const accountJobsShown = 25;

/** What a service does besides its worker, its housekeeping and its status page. */
export interface Schedule {
  /** Starts no further run; resolves when the run in progress has ended. */
  stop(): Promise<void>;
}

/**
 * Runs a worker, housekeeping, a status page and a schedule until SIGTERM or SIGINT, then drains: that is its usual end, with
 * exit code 0.
 *
 * @throws the error that stopped the service, where it was no signal: a bug, printed with its stack.
 */
export async function runService(
  service: ServiceCommand,
  context: CommandContext,
  startSchedule?: StartSchedule,
): Promise<ExitCode> {
  const { command, config } = service;
  let logger: Logger | undefined;
  const onLogger = (opened: Logger) => {
    logger = opened;
  };
  const onLeave = (limitMs: number) => {
    logger?.warn({ command, limitMs }, 'service did not end in time: what does not respond is left');
  };
  const limit = {
    drain: context.signals.drain,
    shutdownMs: config.shutdownMs,
    exitCode: 0,
    onLeave,
  } as const;
  return endInTime(limit, () => serveUntilStopped(service, context, startSchedule, onLogger));
}

type StartSchedule = (runtime: Runtime, housekeeper: Housekeeper) => Schedule;

async function serveUntilStopped(
  service: ServiceCommand,
  context: CommandContext,
  startSchedule: StartSchedule | undefined,
  onLogger: (logger: Logger) => void,
): Promise<ExitCode> {
  const { command, config, readyAfterMs } = service;
  const { drain } = context.signals;
  let runtime: Runtime;
  let url: string | undefined;
  const onOpened = async (opened: Opened) => {
    onLogger(opened.logger);
    const server = await openStatusServer(service, context, opened);
    url = server?.url;
    return async () => server?.stop();
  };
  try {
    runtime = await openRuntime(config, context, { command, gateWaitMs: Infinity, onOpened });
  } catch (error) {
    if (drain.aborted && error === drain.reason) return 0;
    throw error;
  }
  const { worker, runSignals, logger } = runtime;
  const stop = AbortSignal.any([drain, runSignals.fatal]);
  try {
    worker.startTaking();
    const housekeeper = createHousekeeper(runtime);
    const schedule = startSchedule?.(runtime, housekeeper);
    housekeeper.start(stepsOf(runtime, config, readyAfterMs));
    logger.info({ command, processId: worker.processId, url }, 'service started');
    if (!stop.aborted) await once(stop, 'abort');
    logger.info({ command, limitMs: config.shutdownMs }, 'service is draining');
    await Promise.all([schedule?.stop(), housekeeper.stop()]);
  } finally {
    await runtime.close();
  }
  if (runSignals.fatal.aborted) throw runSignals.fatal.reason;
  logger.info({ command }, 'service stopped');
  return 0;
}

async function openStatusServer(
  { config, readyAfterMs }: ServiceCommand,
  { now }: CommandContext,
  { database, logger, reachability }: Opened,
): Promise<StatusServer | undefined> {
  if (config.httpPort === 'off') return undefined;
  return startStatusServer({
    host: config.httpHost,
    port: config.httpPort,
    token: config.httpToken?.reveal(),
    readReport: () => readStatusReport(database.pool, now(), { ...config, readyAfterMs }),
    pages: {
      readOverview: (report) => readOverview(database.pool, report),
      readRun: (runId) => readRunDetail(database.pool, runId),
      readTask: (id) => readTaskDetail(database.pool, id),
      readJob: (accountId, jobId) => readJobDetail(database.pool, accountId, jobId),
      readAccountJobs: (accountId) => readJobVerdicts(database.pool, accountJobsShown, accountId),
    },
    readProblem: () => reachability.problem,
    logger,
    now,
  });
}
