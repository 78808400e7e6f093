import { type CliEnd, runCli, startCli } from '../../support/program/cli.ts';
import { eventually } from '../../support/clock.ts';
import { listSend, openStage, type Stage, worldOf } from '../../support/simulator.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage(worldOf([listSend(101, { counts: { sent: 20 } })]));
});
afterAll(() => stage.close());

/** A setting whose name is misspelt, and the log at its default level. */
function settings() {
  return { ...stage.env, LOG_LEVEL: 'info', SFMC_ACOUNT_IDS: '1' };
}

interface Line {
  readonly level: string;
  readonly msg: string;
}

function isLine(value: unknown): value is Line {
  return typeof value === 'object' && value !== null && 'level' in value && 'msg' in value;
}

function linesOf({ stderr }: CliEnd): Line[] {
  return stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line))
    .filter(isLine);
}

function levelsOf(end: CliEnd): string[] {
  return [...new Set(linesOf(end).map(({ level }) => level))].toSorted();
}

const misspelt = 'SFMC_ACOUNT_IDS is not a setting and was ignored: did you mean SFMC_ACCOUNT_IDS?';

describe('a run', () => {
  it.each([
    { args: ['sync'], levels: ['info', 'warn'] },
    { args: ['--quiet', 'sync'], levels: ['warn'] },
    { args: ['sync', '--verbose'], levels: ['debug', 'info', 'warn'] },
  ])('$args logs $levels, with one warning about a misspelt setting', async ({ args, levels }) => {
    const end = await runCli(args, settings());
    expect(end.code).toBe(0);
    expect(levelsOf(end)).toEqual(levels);
    expect(linesOf(end).filter(({ msg }) => msg === misspelt)).toHaveLength(1);
    expect(end.stdout).toContain('completed');
  });

  it('refuses --quiet with --verbose', async () => {
    const end = await runCli(['sync', '--quiet', '--verbose'], settings());
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toMatch(/^sfmc-tracking: option '--quiet' cannot be used with option '--verbose'\n$/u);
  });
});

it.each(['serve', 'worker'])('%s ends with 0 when it is stopped', async (command) => {
  const service = startCli([command], { ...settings(), HTTP_PORT: 'off' });
  await eventually('the process', async () => {
    const { rowCount } = await stage.pool.query('select from pipeline.processes where command = $1', [
      command,
    ]);
    return rowCount === 0 ? undefined : rowCount;
  });
  service.signal('SIGTERM');
  const end = await service.end;
  expect(end.code).toBe(0);
  expect(linesOf(end).filter(({ msg }) => msg === misspelt)).toHaveLength(1);
});

it.each([['status'], ['tasks'], ['rejected'], ['migrate']])(
  '%s says nothing about a misspelt setting',
  async (...args) => {
    expect(await runCli(args, settings())).toMatchObject({ code: 0, stderr: '' });
  },
);
