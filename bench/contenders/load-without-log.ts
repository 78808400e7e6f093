import type { Connection, QueryConfig } from 'pg';
import type { ContenderOptions, Work } from '../processes/work.ts';
import { loadThrough } from './load.ts';

/** Our loader with the log of changes cut out of its statements: the difference is what the log costs. */
export function loadWithoutLog(options: ContenderOptions): Work {
  return loadThrough(options, (client) => {
    const query = (given: QueryConfig | CopyQuery): unknown => {
      const shorter = 'submit' in given ? copyWithoutLog(given) : { ...given, text: withoutLog(given.text) };
      return Reflect.apply(client.query, client, [shorter]);
    };
    return replacing(client, 'query', query);
  });
}

/** A query of our own kind, which sends its statements itself. */
interface CopyQuery {
  submit(connection: Connection): void;
}

function copyWithoutLog(query: CopyQuery): CopyQuery {
  return replacing(query, 'submit', (connection: Connection) => {
    const send = (text: string) => {
      connection.query(withoutStatement(text));
    };
    query.submit(replacing(connection, 'query', send));
  });
}

/** The same object, but for one function of it. */
function replacing<Target extends object>(target: Target, name: keyof Target, replacement: unknown): Target {
  return new Proxy(target, {
    get: (object, key): unknown => (key === name ? replacement : Reflect.get(object, key, object)),
  });
}

/** Of several statements in one text, which are parsed and planned for each page, that of the log is not sent at all. */
function withoutStatement(text: string): string {
  const statements = text.split(';\n');
  const others = statements.filter(
    (statement) => !statement.startsWith('insert into pipeline.rollup_changes'),
  );
  if (others.length !== statements.length - 1) throw new Error('the text has no log of changes to leave out');
  return others.join(';\n');
}

function withoutLog(text: string): string {
  // Progress and checkpoints have statements of their own where a page ends a task.
  if (!/into tracking\.\w+_events /u.test(text)) return text;
  // What is left of it is a query that nothing reads.
  const shorter = text.replace(/insert into pipeline\.rollup_changes \([^)]*\)/u, '');
  if (shorter === text) throw new Error('the statement has no log of changes to leave out');
  return shorter;
}
