import { setImmediate } from 'node:timers/promises';
import type { CommandContext } from '../../../src/cli/context.ts';
import { progressText, type RunProgress } from '../../../src/cli/runtime/run/progress-text.ts';
import { openProgress } from '../../../src/cli/runtime/run/progress.ts';
import { utcText } from '../../../src/operations/format.ts';

const never = new AbortController().signal;

function contextOf(written: string[], isTTY: boolean): CommandContext {
  const stderr = { write: (text: string) => written.push(text), isTTY, columns: 60 };
  return {
    ...{ env: {}, cwd: '/', stdout: stderr, stderr, verbosity: 'normal', now: () => new Date(0) },
    signals: { drain: never, abort: never },
  };
}

/** A minute after its plan, a quarter done, and a page arrived just now. */
const run: RunProgress = {
  ...{ nowMs: 65_000, startedAtMs: 0, plannedAtMs: 5000, lastPageAtMs: 64_000 },
  ...{ tasks: { settled: 30, total: 120, retrying: 0 }, records: 90_000, eventsPerSecond: 1500.4 },
  ...{ gate: undefined, phase: undefined },
};

function lineOf(changes: Partial<RunProgress>, columns = 200): string {
  return progressText({ ...run, ...changes }, columns, utcText);
}

describe('the progress line', () => {
  it('says what is done of what there is, how fast, and how long the rest takes', () => {
    expect(lineOf({})).toBe(
      '━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ · 30 of 120 tasks · 1,500 events/s · about 3 min left · 90,000 events · 1 min 5 s',
    );
  });

  it.each([30, 40, 60, 80, 120])('fits %d columns, and leaves out whole parts', (columns) => {
    const line = lineOf({}, columns);
    expect(line.length).toBeLessThanOrEqual(columns);
    expect(lineOf({}).split(' · ')).toEqual(expect.arrayContaining(line.split(' · ')));
    expect(line).toContain('30 of 120 tasks');
  });

  it('guesses no time before it can know', () => {
    expect(lineOf({ tasks: { settled: 2, total: 90, retrying: 0 } })).not.toContain('left');
    expect(lineOf({ tasks: { settled: 0, total: 0, retrying: 0 }, plannedAtMs: undefined })).toMatch(
      /^starting · looking for jobs/u,
    );
  });

  it.each([
    [{ phase: 'stopping' }, 'stopping'],
    [{ lastPageAtMs: 50_000 }, 'no response for 15 s'],
    [{ lastPageAtMs: 0, tasks: { settled: 30, total: 120, retrying: 2 } }, '2 to retry, nothing for 1 min'],
    [
      {
        gate: {
          ...{ state: 'closed' as const, systemStatus: 'InMaintenance', reason: null, closedAt: null },
          ...{ openedAt: null, nextCheckAt: new Date('2026-07-01T02:10:00Z') },
        },
      },
      'gate closed: InMaintenance, next check 02:10:00 UTC',
    ],
  ])('says what the run waits for: %o', (changes, text) => {
    expect(lineOf(changes, 80)).toContain(` · ${text}`);
  });

  it('never moves the cursor to where it was, and leaves an empty line behind', async () => {
    const written: string[] = [];
    const progress = openProgress(contextOf(written, true));
    progress.onPage(2500, 2400);
    progress.stderr.write('a line of the log\n');
    progress.stop();
    await setImmediate();
    const text = written.join('');
    expect(text).toContain('starting');
    expect(text).toContain('\r\u001b[Ka line of the log\n');
    expect(text).not.toContain('\u001b7');
    expect(text).not.toContain('\u001b8');
    expect(text).not.toContain('\u001b[?25l');
    expect(text.endsWith('\r\u001b[K')).toBe(true);
  });

  it('is absent where nobody looks', () => {
    const written: string[] = [];
    const progress = openProgress(contextOf(written, false));
    progress.stop();
    expect({ written, isShown: progress.isShown }).toEqual({ written: [], isShown: false });
  });
});
