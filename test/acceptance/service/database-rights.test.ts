import { rmSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { runCli } from '../../support/program/cli.ts';
import { makeClusterFolder } from '../../support/postgres/cluster-folder.ts';
import { createEmptyDatabase } from '../../support/postgres/database.ts';

describe('a role that may not create schemas', () => {
  it('is named with the GRANT that it lacks', async () => {
    const database = await createEmptyDatabase();
    const owner = new Client({ connectionString: database.url });
    const role = `poor_${Date.now()}`;
    await owner.connect();
    try {
      await owner.query(`create role ${role} login password 'a-password-of-its-own'`);
      const url = new URL(database.url);
      url.username = role;
      url.password = 'a-password-of-its-own';
      const end = await runCli(['migrate'], { DATABASE_URL: url.href });
      expect(end).toMatchObject({ code: 2, stdout: '' });
      expect(end.stderr).toContain(`\`grant create on database ${url.pathname.slice(1)} to ${role}\``);
      await owner.query(`grant create on database ${url.pathname.slice(1)} to ${role}`);
      expect((await runCli(['migrate'], { DATABASE_URL: url.href })).code).toBe(0);
    } finally {
      await owner.query(`drop owned by ${role} cascade`);
      await owner.query(`drop role ${role}`);
      await owner.end();
      await database.drop();
    }
  });
});

describe('the embedded Postgres', () => {
  it('gives BI tools a login that only reads, and the owner’s where that is wanted', async () => {
    const dir = makeClusterFolder();
    const env = { DATA_DIR: path.join(dir, 'data') };
    try {
      const started = await runCli(['database', 'start'], env);
      expect(started.code).toBe(0);
      const printed = await runCli(['database', 'url'], env);
      expect(printed.stdout).toBe(started.stdout);
      expect(printed.stdout).toContain('bi_reader:');

      const reader = new Client({ connectionString: printed.stdout.trim() });
      await reader.connect();
      const { rows } = await reader.query('select count(*)::int as jobs from tracking.jobs');
      expect(rows).toEqual([{ jobs: 0 }]);
      await reader.query('set default_transaction_read_only = off');
      await expect(
        reader.query('insert into tracking.jobs (account_id, job_id) values (1, 1)'),
      ).rejects.toThrow('permission denied');
      await expect(reader.query('select from pipeline.runs')).rejects.toThrow('permission denied');
      await reader.end();

      const admin = await runCli(['database', 'url', '--admin'], env);
      expect(admin.stdout).toContain('postgres://postgres:');
    } finally {
      await runCli(['database', 'stop'], env);
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
