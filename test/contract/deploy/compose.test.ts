import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { declarationFor, settingKeys } from '../../../src/config/settings.ts';
import { runCli } from '../../support/program/cli.ts';

const file = path.join(import.meta.dirname, '..', '..', '..', 'docker-compose.yml');
const service = z.object({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  restart: z.string().optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  stop_grace_period: z.string().optional(),
  healthcheck: z.object({ disable: z.boolean().optional(), test: z.array(z.string()).optional() }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
});
const { services } = z
  .object({ services: z.record(z.string(), service) })
  .parse(parse(readFileSync(file, 'utf8'), { merge: true }));
const ours = Object.entries(services).filter(([, { build }]) => build !== undefined);
const settingNames = new Set<string>(settingKeys.map((key) => declarationFor(key).name));
/** What is emptied for our containers, because only others need it. */
const ofOthers = ['POSTGRES_PASSWORD', 'READER_PASSWORD', 'GRAFANA_PASSWORD'];

describe('docker-compose.yml', () => {
  it.each(ours)(
    'starts %s with a command that there is, read-only and without rights',
    async (_name, one) => {
      const { command = [], environment = {} } = one;
      const { code, stderr } = await runCli([...command, '--help'], {});
      expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: '' });
      expect(one).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
      for (const name of Object.keys(environment)) expect([...settingNames, ...ofOthers]).toContain(name);
    },
  );

  it('checks the health of everything that keeps running', () => {
    const running = Object.entries(services).filter(([, { restart }]) => restart !== undefined);
    expect(running.map(([name]) => name).sort()).toEqual(
      ['grafana', 'metabase', 'postgres', 'sfmc-tracking', 'worker'].sort(),
    );
    for (const [name, { build, healthcheck }] of running) {
      // Our image brings its own check.
      if (build === undefined)
        expect({ name, checks: healthcheck?.test?.length }).not.toMatchObject({ checks: undefined });
      else expect({ name, healthcheck }).toEqual({ name, healthcheck: undefined });
    }
  });

  it('waits for the migration, and for the end longer than a drain takes', () => {
    const shutdownSeconds = Number(declarationFor('shutdownMs').default);
    for (const [name, { restart, depends_on, stop_grace_period }] of ours) {
      if (restart === undefined) continue;
      expect({ name, depends_on }).toEqual({
        name,
        depends_on: { migrate: { condition: 'service_completed_successfully' } },
      });
      expect(Number(stop_grace_period?.replace('s', ''))).toBeGreaterThan(shutdownSeconds);
    }
  });
});
