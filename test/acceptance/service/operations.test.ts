import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { startSimulator, type Simulator } from '../../../simulator/http/server.ts';
import { type simulatedEventTypes } from '../../../simulator/world/truth.ts';
import { createPool } from '../../../src/store/connection/pool.ts';
import { quickSettings, runCli } from '../../support/program/cli.ts';
import { type CommandDoor, openCommandDoor } from '../../support/program/command-door.ts';
import { makeClusterFolder } from '../../support/postgres/cluster-folder.ts';
import {
  type DebianServer,
  findDebianPostgres,
  startDebianServer,
} from '../../support/postgres/debian-server.ts';
import { accountId, eventOf, listSend, otherAccountId, worldOf } from '../../support/simulator.ts';
import { findSystemProgram } from '../../support/outside/system-program.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const root = path.join(import.meta.dirname, '..', '..', '..');
const page = fs.readFileSync(path.join(root, 'docs', 'operations.md'), 'utf8');
const counts = { sent: 30, open: 20, click: 10, bounce: 2 };
const world = worldOf(
  [accountId, otherAccountId].map((account, at) => listSend(1001 + at, { accountId: account, counts })),
);
const password = 'choose-a-long-one';

interface Section {
  readonly heading: string;
  /** Commands and settings in their order. */
  readonly blocks: readonly { readonly language: string; readonly text: string }[];
}

const sections: readonly Section[] = page
  .split(/^## /mu)
  .slice(1)
  .map((text) => ({
    heading: text.split('\n')[0] ?? '',
    blocks: [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gmu)].map(([, language = '', block = '']) => ({
      language,
      text: block,
    })),
  }));

const programs = findSystemProgram('pg_dump') === undefined ? undefined : findDebianPostgres();

describe('docs/operations.md', () => {
  it('has commands that are run here, and settings that they run with', () => {
    const languages = sections.flatMap(({ blocks }) => blocks.map(({ language }) => language));
    expect(new Set(languages)).toEqual(new Set(['sh', 'ini']));
    expect(languages.length).toBeGreaterThan(15);
  });

  if (programs === undefined) return;

  describe('section by section', () => {
    let folder: string;
    let server: DebianServer;
    let simulator: Simulator;
    let door: CommandDoor;
    let env: Record<string, string>;

    beforeAll(async () => {
      folder = makeClusterFolder();
      server = await startDebianServer(programs);
      simulator = await startSimulator({ world });
      door = await openCommandDoor();
      const url = new URL(server.adminUrl);
      Object.assign(url, { username: 'sfmc_tracking', password, pathname: '/sfmc_tracking' });
      env = { PATH: makePrograms(programs), ADMIN_URL: server.adminUrl, DATABASE_URL: url.href };
      const settings = {
        ...quickSettings,
        ...simulator.environment(),
        SFMC_ACCOUNT_IDS: String(accountId),
        DATA_DIR: path.join(folder, 'embedded'),
      };
      for (const [name, value] of Object.entries(settings)) set(`${name}=${value}`);
      fs.symlinkSync(path.join(root, 'deploy'), path.join(folder, 'deploy'));
      // What is there to be moved.
      expect(await run('DATABASE_URL= sfmc-tracking sync')).toMatchObject({ code: 0 });
    });
    afterAll(async () => {
      await runCli(['database', 'stop'], { DATA_DIR: path.join(folder, 'embedded') });
      await simulator.stop();
      await door.close();
      server.stop();
      fs.rmSync(folder, { recursive: true, force: true });
    });

    /** `sfmc-tracking` is the command of this checkout; `systemctl` and `npm` note their arguments, since there is no service here. */
    function makePrograms(ofPostgres: string): string {
      const bin = path.join(folder, 'bin');
      fs.mkdirSync(bin);
      const scripts = {
        'sfmc-tracking': door.script,
        systemctl: `#!/bin/sh\necho "systemctl $*" >> '${folder}/told'\n`,
        npm: `#!/bin/sh\necho "npm $*" >> '${folder}/told'\n`,
      };
      for (const [name, text] of Object.entries(scripts))
        fs.writeFileSync(path.join(bin, name), text, { mode: 0o755 });
      return [bin, ofPostgres, process.env['PATH']].join(path.delimiter);
    }

    /** Writes a line into the settings, instead of the one of that name. */
    function set(line: string): void {
      const file = path.join(folder, '.env');
      const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trimEnd().split('\n') : [];
      const name = line.slice(0, line.indexOf('=') + 1);
      fs.writeFileSync(file, [...lines.filter((one) => !one.startsWith(name)), line, ''].join('\n'));
    }

    async function run(script: string): Promise<{ code: unknown; output: string }> {
      const child = spawn('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, env });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const end: unknown[] = await once(child, 'close');
      return { code: end[0], output };
    }

    async function runSection(heading: string): Promise<string> {
      const section = sections.find((one) => one.heading === heading);
      const outputs: string[] = [];
      for (const { language, text } of section?.blocks ?? []) {
        if (language === 'ini') {
          text.trimEnd().split('\n').forEach(set);
        } else {
          const { code, output } = await run(text);
          expect({ text, code, output }).toMatchObject({ code: 0 });
          outputs.push(output);
        }
      }
      expect({ heading, commands: outputs.length }).not.toMatchObject({ commands: 0 });
      return outputs.join('');
    }

    async function expectExact(
      accounts: readonly number[],
      types: readonly (typeof simulatedEventTypes)[number][],
    ) {
      const pool = createPool({
        databaseUrl: env['DATABASE_URL'] ?? '',
        connectionsMax: 1,
        applicationName: 'test',
      });
      try {
        await expectTablesEqualTruth(pool, world, { accounts, types });
      } finally {
        await pool.end();
      }
    }

    const usual = ['sent', 'open', 'click'] as const;

    /** Something that happens after a backup. */
    function addNews(subscriberKey: string): void {
      const occurredAt = Math.floor(Date.now() / 1000) * 1000 - 5000;
      world.addEvents('open', [eventOf(1001, { occurredAt, availableAt: occurredAt, subscriberKey })]);
    }

    // In the order of the page: each section begins with what the ones before have left.
    it('Set up the package and the roles: a role without rights of its server is enough', async () => {
      expect(await runSection('Set up the package and the roles')).toContain('applied');
    });

    it('Move from the embedded Postgres to a server: all events are there', async () => {
      const requests = simulator.requests.length;
      expect(await runSection('Move from the embedded Postgres to a server')).toContain(
        'tracking.sent_events',
      );
      expect(simulator.requests.length).toBeGreaterThan(requests);
      await expectExact([accountId], usual);
    });

    it('The first load', async () => {
      await runSection('The first load');
      await expectExact([accountId], usual);
    });

    it('Back up and Restore: what came after the backup is read again', async () => {
      await runSection('Back up');
      addNews('after-backup@example.com');
      expect(await run('sfmc-tracking sync')).toMatchObject({ code: 0 });
      await runSection('Restore');
      await expectExact([accountId], usual);
      const reader = new URL(env['DATABASE_URL'] ?? '');
      Object.assign(reader, { username: 'bi_reader', password: 'choose-another-one' });
      const looked = await run(`psql '${reader.href}' --command='select count(*) from job_performance'`);
      expect(looked).toMatchObject({ code: 0 });
      expect((await run(`psql '${reader.href}' --command='select from pipeline.runs'`)).output).toContain(
        'permission denied',
      );
    });

    it('Upgrade and Roll back: what came after the upgrade is read again', async () => {
      await runSection('Upgrade');
      addNews('after-upgrade@example.com');
      expect(await run('sfmc-tracking sync')).toMatchObject({ code: 0 });
      await runSection('Roll back');
      await expectExact([accountId], usual);
    });

    it('Add a business unit and Remove a business unit', async () => {
      await runSection('Add a business unit');
      await expectExact([accountId, otherAccountId], usual);
      expect(await runSection('Remove a business unit')).toMatch(/7000002.*retired/u);
      await expectExact([accountId, otherAccountId], usual);
    });

    it('Add or remove an event type', async () => {
      await runSection('Add or remove an event type');
      await expectExact([accountId], [...usual, 'bounce']);
    });

    it('Read one job again, and Bring what was parked back', async () => {
      await runSection('Read one job again');
      await runSection('Bring what was parked back');
      await expectExact([accountId], usual);
    });

    it('leaves out no section with commands', () => {
      const source = fs.readFileSync(import.meta.filename, 'utf8');
      const withCommands = sections.filter(({ blocks }) => blocks.length > 0);
      for (const { heading } of withCommands) expect(source).toContain(`runSection('${heading}')`);
    });
  });
});
