import { createProgram } from '../../../src/cli/program.ts';

const silent = { write: () => true };
const never = new AbortController().signal;

/** The commands with their options, to be looked at and not to be run. */
export const silentProgram = createProgram(
  {
    env: {},
    cwd: '/',
    stdout: silent,
    stderr: silent,
    signals: { drain: never, abort: never },
    now: () => new Date(0),
  },
  { version: '0.0.0', onExit: () => undefined },
);
