import type { TaskKind } from '../../../store/ledger/task-ledger.ts';
import { arrivalsKind } from './arrivals.ts';
import { dimensionKind } from './dimension.ts';
import { eventsKind } from './events.ts';
import { tailKind } from './tail.ts';
import type { TaskKindBehavior } from './task-kind.ts';

/** Every kind of extract task there is; a kind without its behavior does not compile. */
export const taskKinds = {
  events: eventsKind,
  dimension: dimensionKind,
  tail: tailKind,
  arrivals: arrivalsKind,
} as const satisfies Readonly<Record<TaskKind, TaskKindBehavior>>;
