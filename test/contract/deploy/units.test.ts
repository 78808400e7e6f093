import { readFileSync } from 'node:fs';
import path from 'node:path';
import { settingKeys, declarationFor } from '../../../src/config/settings.ts';
import { runCli } from '../../support/program/cli.ts';

const folder = path.join(import.meta.dirname, '..', '..', '..', 'deploy');
const textOf = (file: string) => readFileSync(path.join(folder, file), 'utf8');
const units = ['systemd/sfmc-tracking.service', 'systemd/sfmc-tracking-worker@.service'];
const settingNames: readonly string[] = settingKeys.map((key) => declarationFor(key).name);

function valuesOf(unit: string, key: string): string[] {
  const lines = textOf(unit).split('\n');
  return lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
}

describe.each(units)('deploy/%s', (unit) => {
  it('starts commands that there are', async () => {
    const commands = [...valuesOf(unit, 'ExecStartPre'), ...valuesOf(unit, 'ExecStart')].map((line) => {
      const [, args = ''] = /^\/usr\/bin\/env sfmc-tracking (.+)$/u.exec(line) ?? [];
      return args.split(' ');
    });
    expect(commands.length).toBeGreaterThan(0);
    for (const args of commands) {
      const { code, stderr } = await runCli([...args, '--help'], {});
      expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
    }
  });

  it('names settings that there are', () => {
    for (const line of valuesOf(unit, 'Environment')) expect(settingNames).toContain(line.split('=')[0]);
  });

  it('is started again after any failure: one exit code means a wrong setting and a database that is away', () => {
    expect(valuesOf(unit, 'Restart')).toEqual(['on-failure']);
    expect(valuesOf(unit, 'RestartPreventExitStatus')).toEqual([]);
    // More than five starts within ten seconds would end it for good.
    expect(Number(valuesOf(unit, 'RestartSec')[0])).toBeGreaterThanOrEqual(10);
  });

  it('waits longer for the end than a drain takes', () => {
    const shutdownSeconds = Number(declarationFor('shutdownMs').default);
    expect(shutdownSeconds).toBeGreaterThan(0);
    expect(Number(valuesOf(unit, 'TimeoutStopSec')[0])).toBeGreaterThan(shutdownSeconds);
  });
});

describe('deploy/crontab', () => {
  it('has one line of five fields, with a command that there is', async () => {
    const lines = textOf('crontab')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines).toHaveLength(1);
    const [, args = ''] = /^(?:\S+ ){5}cd \S+ && sfmc-tracking ([\w -]+) >>/u.exec(lines[0] ?? '') ?? [];
    const { code } = await runCli([...args.trim().split(' '), '--help'], {});
    expect({ args, code }).toEqual({ args: 'sync --quiet', code: 0 });
  });
});
