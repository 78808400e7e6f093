export interface Started {
  readonly nodeArguments: readonly string[];
  /** NODE_OPTIONS of the environment, which child processes get, too. */
  readonly nodeOptions: string | undefined;
  /** Where a debugger is listened for, also one that was attached later. */
  readonly inspectorUrl: string | undefined;
}

const profiling = /^--(?:cpu-prof|heap-prof|prof|perf-prof|perf-basic-prof|inspect(?:-brk|-wait)?)(?:=|$)/u;

/** Whether a profiler or a debugger changes what is measured. */
export function isProfiled({ nodeArguments, nodeOptions = '', inspectorUrl }: Started): boolean {
  const given = [...nodeArguments, ...nodeOptions.split(/\s+/u)];
  return inspectorUrl !== undefined || given.some((argument) => profiling.test(argument));
}
