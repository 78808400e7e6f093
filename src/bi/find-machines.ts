import type { Queryable } from '../store/connection/pool.ts';
import type { Scope } from './scope.ts';
import { statement } from './statement.ts';

/** A rule of `bi.engagement_rules` that is switched on. */
export interface EngagementRule {
  readonly rule: string;
  readonly seconds: string;
  readonly count: number | null;
  readonly share: string | null;
}

/** Applies the rules to the messages' opens and clicks. */
export async function findMachines(
  tx: Queryable,
  { accountId, jobs }: Scope,
  rules: readonly EngagementRule[],
): Promise<void> {
  const { rowCount: clickers } = await tx.query(statement('machines/count-clickers'));
  const haveWalks = clickers !== 0;
  if (haveWalks) {
    await tx.query('analyze pg_temp.clicker');
    await tx.query(statement('machines/flag-walks'));
  }
  for (const { rule, seconds, count, share } of rules) {
    if (rule === 'honeypot_link') await tx.query(statement('machines/flag-honeypots'), [accountId, jobs]);
    else if (rule === 'domain_burst') await flagDomainBursts(tx);
    else if (count !== null && haveWalks)
      await tx.query(statement('machines/flag-many-links'), [rule, `${seconds} seconds`, count, share]);
  }
  await tx.query(statement('machines/take-off-machines'));
}

async function flagDomainBursts(tx: Queryable): Promise<void> {
  // Postgres cannot know how many people of a domain are near each other, and would compare each with all.
  await tx.query('set local enable_nestloop = off');
  await tx.query(statement('machines/flag-domain-bursts'));
  await tx.query('set local enable_nestloop = on');
}
