import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createStatusMetrics } from '../../../src/operations/http/metrics.ts';
import { statusReport } from '../../support/stored/status-report.ts';
import { findSystemProgram } from '../../support/outside/system-program.ts';

const folder = path.join(import.meta.dirname, '..', '..', '..', 'deploy', 'prometheus');
const promtool = findSystemProgram('promtool');

function runPromtool(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(promtool ?? '', args, { cwd: folder, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

describe('deploy/prometheus/alerts.yml', () => {
  it('names no metric that serve does not have', async () => {
    const { body } = await createStatusMetrics().render(statusReport());
    const known = new Set([...body.matchAll(/^# HELP (\w+)/gmu)].map(([, name]) => name));
    const rules = readFileSync(path.join(folder, 'alerts.yml'), 'utf8');
    const named = [...rules.matchAll(/\bsfmc_tracking_\w+/gu)].map(([name]) => name);
    expect(named.length).toBeGreaterThan(7);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  if (promtool !== undefined) {
    it('is accepted by promtool', () => {
      expect(runPromtool('check', 'rules', 'alerts.yml')).toMatchObject({ status: 0 });
    });

    it('fires when it should, and not before', () => {
      expect(runPromtool('test', 'rules', 'alerts.test.yml')).toMatchObject({ status: 0 });
    });
  }
});
