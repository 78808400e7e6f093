import { columnOfKind } from '../../columns/page-builder.ts';
import type { PageColumns } from '../../columns/page.ts';
import type { Window } from '../../store/ledger/task-ledger.ts';

/** Windows on the wire have whole seconds, begin a second early, and may include their ends. */
const marginMicros = 1_000_000;

const lowRange = 2 ** 32;

/** Events of a page that are of another job or of another date than was requested. */
export function countUnrequested(
  { columns, rowCount }: PageColumns,
  { jobId, window }: { readonly jobId: number | null; readonly window: Window },
): number {
  const jobs = columnOfKind(columns.get('job_id'), 'integer');
  const instants = columnOfKind(columns.get('occurred_at'), 'instant');
  const first = window.from.getTime() * 1000 - marginMicros;
  const last = window.to.getTime() * 1000 + marginMicros;
  let count = 0;
  for (let row = 0; row < rowCount; row += 1) {
    const job = (jobs?.high[row] ?? 0) * lowRange + ((jobs?.low[row] ?? 0) >>> 0);
    const micros = instants?.micros[row] ?? first;
    if ((jobId !== null && job !== jobId) || micros < first || micros > last) count += 1;
  }
  return count;
}
