import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSimulator } from '../../../simulator/http/server.ts';
import { createPool } from '../../../src/store/connection/pool.ts';
import { cliPath, quickSettings, runCli, startCli, summaryOf } from '../../support/program/cli.ts';
import { eventually } from '../../support/clock.ts';
import { listSend, openStage, retrievesOf, type Stage, worldOf } from '../../support/simulator.ts';
import { expectTablesEqualTruth } from '../../support/stored/truth.ts';

const jobId = 600;
const world = worldOf([listSend(jobId, { counts: { sent: 300 } })]);
const pages = Array.from({ length: 30 }, (_, at) => at + 1);
const args = ['sync', '--events', 'sent', '--json'];
let stage: Stage | undefined;

afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

describe('a sync that is stopped', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s commits the page on its way, ends with 130, and is continued by RequestID without asking a page twice',
    async (signal) => {
      stage = await openStage(world, { latencyMs: 25 });
      const { simulator, pool, env } = stage;
      const settings = { ...env, PAGE_SIZE: '10' };
      const first = startCli(args, settings);
      await eventually('some pages', () => retrievesOf(simulator, 'SentEvent').length >= 6);
      first.signal(signal);
      const stopped = await first.end;

      expect(stopped.code).toBe(130);
      expect(summaryOf(stopped).outcome).toBe('interrupted');
      const { rows } = await pool.query<{ state: string; request_id: string; pages: number }>(
        `select state, request_id, pages from pipeline.extract_tasks where kind = 'events'`,
      );
      const asked = retrievesOf(simulator, 'SentEvent');
      expect(rows).toEqual([
        { state: 'interrupted', request_id: asked.at(-1)?.requestId, pages: asked.length },
      ]);

      const second = await runCli(args, settings);
      const continued = retrievesOf(simulator, 'SentEvent')[asked.length];
      expect(continued).toMatchObject({ isContinue: true, requestId: rows[0]?.request_id });
      expect(retrievesOf(simulator, 'SentEvent').map(({ page }) => page)).toEqual(pages);
      expect(second.code).toBe(0);
      await expectTablesEqualTruth(pool, world, { types: ['sent'] });
      const counted = [stopped, second].map((run) => summaryOf(run).events['sent']);
      const inFirst = asked.length * 10;
      expect(counted).toEqual([
        { records: inFirst, inserted: inFirst, rejected: 0 },
        { records: 300 - inFirst, inserted: 300 - inFirst, rejected: 0 },
      ]);
    },
  );
});

const hasTerminals = fs.existsSync('/usr/bin/script') && process.platform === 'linux';

describe('Ctrl-C in a terminal, with the embedded database', () => {
  (hasTerminals ? it : it.skip)(
    'drains while the database is still there, and the next run goes on',
    async () => {
      const dir = fs.mkdtempSync(path.join(tmpdir(), 'sfmc-tracking-terminal-'));
      // Started by root, the server runs as another user, who must be able to enter.
      fs.chmodSync(dir, 0o755);
      const simulator = await startSimulator({ world, latencyMs: 40 });
      const env = {
        ...{ ...quickSettings, ...simulator.environment(), DATA_DIR: path.join(dir, 'data') },
        ...{ PATH: process.env['PATH'], PAGE_SIZE: '10', HOME: dir },
      };
      const shell = [process.execPath, cliPath, ...args].map((word) => `'${word}'`).join(' ');
      try {
        const terminal = spawn('script', ['-qec', shell, '/dev/null'], { cwd: dir, env });
        let screen = '';
        terminal.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
        const ended = once(terminal, 'close').then(([exitCode]: unknown[]) => exitCode);
        await eventually('some pages', () => retrievesOf(simulator, 'SentEvent').length >= 6);
        // What the keyboard sends; the terminal makes a signal of it for its whole foreground group.
        terminal.stdin.write('\u0003');
        const code = await ended;
        const asked = retrievesOf(simulator, 'SentEvent').length;

        expect(screen).toContain('"outcome":"interrupted"');
        expect(code).toBe(130);
        const { stdout } = await runCli(['database', 'start', '--admin'], env);
        const url = /postgres(ql)?:\S+/u.exec(stdout)?.[0] ?? '';
        const pool = createPool({ databaseUrl: url, connectionsMax: 1, applicationName: 'test' });
        const { rows } = await pool.query(
          `select state, pages from pipeline.extract_tasks where kind = 'events'`,
        );
        expect(rows).toEqual([{ state: 'interrupted', pages: asked }]);
        expect(summaryOf(await runCli(args, env)).outcome).toBe('completed');
        expect(retrievesOf(simulator, 'SentEvent').map(({ page }) => page)).toEqual(pages);
        await expectTablesEqualTruth(pool, world, { types: ['sent'] });
        await pool.end();
      } finally {
        await runCli(['database', 'stop'], env);
        await simulator.stop();
        fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
      }
    },
  );
});
