import { executeSteps, Housekeeper } from '../../operations/housekeeping/housekeeper.ts';
import { housekeepingSteps, type StepDeps } from '../../operations/housekeeping/steps.ts';
import type { Runtime } from './compose.ts';

/** The housekeeping of a service; it begins when it is started with its steps. */
export function createHousekeeper({ runDeps }: Runtime): Housekeeper {
  return new Housekeeper(runDeps);
}

/** The steps that a service executes; with `schedule` where it serves one. */
export function stepsOf(runtime: Runtime, schedule?: StepDeps['schedule']) {
  const { runDeps, partitions } = runtime;
  const eventTables = runtime.select({}).definitions.map(({ table }) => table);
  return housekeepingSteps({ ...runDeps, partitions, eventTables, schedule });
}

/** Housekeeping of a command that runs once: the steps that follow a run, unless the process is stopping. */
export async function keepHouseAfterRun(runtime: Runtime): Promise<void> {
  const { drain, fatal } = runtime.runSignals;
  await executeSteps(stepsOf(runtime), 'run-end', runtime.runDeps, AbortSignal.any([drain, fatal]));
}
