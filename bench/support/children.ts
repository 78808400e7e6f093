import type { ChildProcess } from 'node:child_process';

const running = new Set<ChildProcess>();

/** A child process that ends with this one where a benchmark is stopped. */
export function endingWithUs<Child extends ChildProcess>(child: Child): Child {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Ends those that still run: what they would have measured is of no use any more. */
export function endChildren(): void {
  for (const child of running) child.kill('SIGKILL');
}
