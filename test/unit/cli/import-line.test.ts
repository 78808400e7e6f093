import { openImportLine } from '../../../src/cli/runtime/files/import-line.ts';
import type { CommandContext } from '../../../src/cli/context.ts';
import { Screen } from '../../support/program/screen.ts';

const stage = { fraction: 0.4237, leftMs: 754_000 };
const signal = new AbortController().signal;

function contextOf(stderr: CommandContext['stderr'], changes: Partial<CommandContext> = {}): CommandContext {
  return {
    ...{ env: {}, cwd: '/', stdout: { write: () => true }, stderr, verbosity: 'normal' as const },
    ...{ now: () => new Date(0), signals: { drain: signal, abort: signal } },
    ...changes,
  };
}

describe('the line of an import', () => {
  it.each([
    { columns: 20, line: '42.4 % imported' },
    { columns: 40, line: '42.4 % imported · 12 min 34 s left' },
    { columns: 60, line: '━━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌ · 42.4 % imported · 12 min 34 s left' },
    { columns: 200, line: '━━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌ · 42.4 % imported · 12 min 34 s left' },
  ])('fits a terminal of $columns columns', async ({ columns, line }) => {
    const screen = new Screen(columns);
    const live = openImportLine(contextOf({ write: (text) => screen.write(text), isTTY: true, columns }));
    live.onStage(stage);
    live.stderr.write('');
    expect(await screen.lines()).toEqual([line]);
    live.stop();
    expect(await screen.lines()).toEqual(['']);
  });

  it('becomes a line now and then where stderr is no terminal, and none with --quiet', () => {
    const written: string[] = [];
    const clock = { ms: 0 };
    const stderr = { write: (text: string) => written.push(text) > 0 };
    const now = () => new Date(clock.ms);
    const loud = openImportLine(contextOf(stderr, { now }));
    const quiet = openImportLine(contextOf(stderr, { now, verbosity: 'quiet' }));
    for (const ms of [1000, 31_000, 40_000, 62_000]) {
      clock.ms = ms;
      loud.onStage(stage);
      quiet.onStage(stage);
    }
    expect(written).toEqual(Array(2).fill('42.4 % imported · 12 min 34 s left\n'));
  });
});
