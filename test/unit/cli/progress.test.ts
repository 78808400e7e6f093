import { setImmediate } from 'node:timers/promises';
import type { CommandContext } from '../../../src/cli/context.ts';
import { openProgress, progressText } from '../../../src/cli/runtime/progress.ts';

const never = new AbortController().signal;

function contextOf(written: string[], isTTY: boolean): CommandContext {
  const stderr = { write: (text: string) => written.push(text), isTTY, columns: 60 };
  return {
    ...{ env: {}, cwd: '/', stdout: stderr, stderr, verbosity: 'normal', now: () => new Date(0) },
    signals: { drain: never, abort: never },
  };
}

describe('the progress line', () => {
  it('says what is done of what there is, and how long the rest takes', () => {
    const counts = { tasks: { settled: 30, total: 120 }, pages: 45, records: 90_000, inserted: 88_000 };
    expect(progressText(counts, 60_000)).toBe(
      '30 of 120 tasks · 1 min · about 3 min left · 88,000 new events · 90,000 records · 45 pages',
    );
  });

  it('guesses no time before it can know', () => {
    const counts = { pages: 0, records: 0, inserted: 0 };
    expect(progressText({ ...counts, tasks: { settled: 2, total: 90 } }, 9000)).not.toContain('left');
    expect(progressText({ ...counts, tasks: { settled: 0, total: 0 } }, 0)).toMatch(
      /^starting · 0 s · 0 new events/u,
    );
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
