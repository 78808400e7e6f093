import type { Filter } from '../../../marketing-cloud/request/filter.ts';
import type { Window } from '../../../store/ledger/task-ledger.ts';

/**
 * Marketing Cloud: whether `between` includes its ends is not documented and bounds carry whole seconds, so the
 * window on the wire begins a second early. What is read twice is no second row.
 */
export function betweenDates(property: string, { from, to }: Window): Filter {
  return { property, operator: 'between', values: [new Date(from.getTime() - 1000), to] };
}
