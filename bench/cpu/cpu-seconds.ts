import { readdirSync, readFileSync } from 'node:fs';

/** CPU seconds that a process has used, its threads included; not a number where there is no /proc. */
export function cpuSecondsOf(pid: number | undefined): number {
  return timesOf(pid)?.ownSeconds ?? NaN;
}

/** CPU seconds of a process and of all its children, of those that have ended, too. */
export function cpuSecondsOfFamily(pid: number | undefined): number {
  for (;;) {
    const before = timesOf(pid);
    const children = before === undefined ? [] : childrenOf(before.pid);
    const seconds = children.reduce((sum, child) => sum + (timesOf(child)?.ownSeconds ?? 0), 0);
    const parent = timesOf(pid);
    if (before === undefined || parent === undefined) return NaN;
    // A child that ended in between would be missing, or count twice.
    if (parent.endedSeconds === before.endedSeconds) return seconds + parent.ownSeconds + parent.endedSeconds;
  }
}

/** The process that started this one. */
export function parentOf(pid: number): number | undefined {
  return timesOf(pid)?.parent;
}

interface Times {
  readonly pid: number;
  readonly parent: number;
  readonly ownSeconds: number;
  /** Of children that have ended. */
  readonly endedSeconds: number;
}

// The unit of times in /proc/PID/stat, whatever the kernel's own clock is (USER_HZ).
const ticksPerSecond = 100;

function timesOf(pid: number | undefined): Times | undefined {
  const text = textOf(`/proc/${pid}/stat`);
  if (pid === undefined || text === undefined) return undefined;
  // The command's name stands in parentheses and may hold spaces. After it: state, parent, nine others, times.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [, parent = NaN] = fields.map(Number);
  const [user = NaN, system = NaN, endedUser = NaN, endedSystem = NaN] = fields.slice(11).map(Number);
  return {
    ...{ pid, parent },
    ownSeconds: exactSecondsOf(pid) ?? (user + system) / ticksPerSecond,
    endedSeconds: (endedUser + endedSystem) / ticksPerSecond,
  };
}

/** The sum of its threads, to the nanosecond: a turn may take a few ticks only. */
function exactSecondsOf(pid: number): number | undefined {
  const folder = `/proc/${pid}/task`;
  const times = namesIn(folder).map((thread) => textOf(`${folder}/${thread}/schedstat`)?.split(' ')[0]);
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, time) => sum + Number(time) / 1e9, 0);
}

function childrenOf(pid: number): number[] {
  return (textOf(`/proc/${pid}/task/${pid}/children`) ?? '').split(' ').filter(Boolean).map(Number);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
