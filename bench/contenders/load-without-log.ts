import type { QueryConfig } from 'pg';
import type { ContenderOptions, Work } from '../support/work.ts';
import { loadThrough } from './load.ts';

/** Our loader with the log of changes cut out of its statement: the difference is what the log costs. */
export function loadWithoutLog(options: ContenderOptions): Work {
  return loadThrough(options, (pool) => {
    return new Proxy(pool, {
      get(target, name): unknown {
        if (name !== 'query') return Reflect.get(target, name);
        return (config: QueryConfig): unknown =>
          Reflect.apply(target.query, target, [{ ...config, text: withoutLog(config.text) }]);
      },
    });
  });
}

function withoutLog(text: string): string {
  // Progress and checkpoints have statements of their own where a page ends a task.
  if (!text.includes('loaded as (')) return text;
  // What is left of it is a query that nothing reads, which Postgres does not run.
  const shorter = text.replace(/insert into pipeline\.rollup_changes \([^)]*\)/u, '');
  if (shorter === text) throw new Error('the statement has no log of changes to leave out');
  return shorter;
}
