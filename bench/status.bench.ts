import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { buildCli } from '../test/support/program/built-cli.ts';
import { figureOf } from './measure.ts';
import { startNode } from './processes/children.ts';
import { shippedFlags } from './processes/product.ts';
import { type Bench, ratioRow } from './report/rows.ts';

const checkout = path.join(import.meta.dirname, '..', 'bin', 'sfmc-tracking.js');

/** How long an operator waits for `status` on a database that is up, beside the start of Node itself. */
export const status: Bench = {
  name: 'status',
  needsPostgres: true,
  async run({ isFull, rounds: given, server }) {
    const rounds = given ?? (isFull ? 15 : 5);
    const database = await server.createDatabase();
    const shipped = buildCli();
    const measured: { bare: number; packed: number; source: number }[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const bare = await secondsOf(['-e', '0'], database.url);
      const packed = await secondsOf([...shippedFlags, shipped, 'status'], database.url, 'status');
      const source = await secondsOf([...shippedFlags, checkout, 'status'], database.url);
      if (round > 0) measured.push({ bare, packed, source });
    }
    await database.drop();
    const ratios = (of: 'packed' | 'source') => figureOf(measured.map((round) => round[of] / round.bare));
    return [
      ratioRow('status of the package, against node -e 0', ratios('packed')),
      ratioRow('status of a checkout, against node -e 0', ratios('source')),
      { label: 'status of the package', unit: 's', ...figureOf(measured.map(({ packed }) => packed)) },
    ];
  },
};

/** By the clock of this process, without anything in that one that measures. */
async function secondsOf(args: readonly string[], databaseUrl: string, profile?: string): Promise<number> {
  const startedAtMs = performance.now();
  const child = startNode(args, {
    ...{ cwd: os.tmpdir(), stdout: 'ignore', ...(profile === undefined ? {} : { profile }) },
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], DATABASE_URL: databaseUrl },
  });
  const ended: readonly unknown[] = await once(child, 'exit');
  if (ended[0] !== 0) throw new Error(`${args.join(' ')} ended with ${String(ended[0])}`);
  return (performance.now() - startedAtMs) / 1000;
}
