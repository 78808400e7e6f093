import { hostname } from 'node:os';
import type { Config } from '../../config/config.ts';
import { createWebhook } from '../../operations/alerts/webhook.ts';
import { executeSteps, Housekeeper } from '../../operations/housekeeping/housekeeper.ts';
import { housekeepingSteps, type StepDeps } from '../../operations/housekeeping/steps.ts';
import { createPool } from '../../store/connection/pool.ts';
import { readStatusReport } from '../../store/status/report.ts';
import type { Runtime } from './composition/compose.ts';
import { proxyOf } from './composition/connect-accounts.ts';

/** The housekeeping of a service; it begins when it is started with its steps. */
export function createHousekeeper({ runDeps }: Runtime): Housekeeper {
  return new Housekeeper(runDeps);
}

/** The steps that a process executes. */
export function stepsOf(runtime: Runtime, config: Config, readyAfterMs = config.readyAfterMs) {
  const { runDeps, partitions, privacy } = runtime;
  const eventTables = runtime.select({}).definitions.map(({ table }) => table);
  return housekeepingSteps({
    ...runDeps,
    partitions,
    privacy,
    eventTables,
    retention: config.retention,
    ledgerMs: config.ledgerMs,
    alerts: alertsOf(runtime, config, readyAfterMs),
  });
}

function alertsOf(
  { runDeps }: Runtime,
  config: Config,
  readyAfterMs: number | undefined,
): StepDeps['alerts'] {
  const url = config.alertWebhookUrl?.reveal();
  if (url === undefined) return undefined;
  return {
    webhook: createWebhook({ url, proxy: proxyOf(config), host: hostname() }),
    readReport: () => readStatusReport(runDeps.pool, runDeps.now(), { ...config, readyAfterMs }),
  };
}

/**
 * Housekeeping of a command that runs once: the steps that follow a run, unless the process is stopping. A connection of
 * its own holds their locks, so that the steps use the ones that know the tables from the run.
 */
export async function keepHouseAfterRun(runtime: Runtime, config: Config): Promise<void> {
  const { drain, fatal } = runtime.runSignals;
  const lockPool = createPool({
    databaseUrl: runtime.database.url,
    connectionsMax: 1,
    applicationName: 'sfmc-tracking housekeeping',
  });
  try {
    const deps = { ...runtime.runDeps, lockPool };
    await executeSteps(stepsOf(runtime, config), 'run-end', deps, AbortSignal.any([drain, fatal]));
  } finally {
    await lockPool.end();
  }
}
