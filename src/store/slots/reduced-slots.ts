import type { Queryable } from '../connection/pool.ts';

/** A reduced number of slots grows by one in this time. */
const recoverySeconds = 300;

/** Failures within this time of a reduction are of requests that left before it: they reduce nothing more. */
const settlingSeconds = 60;

/** A mark further ahead than this was made by a clock that has been set back since: it says nothing. */
const aheadMax = '1 minute';

/**
 * An expression: how many Retrieves of the account may be in flight by now; null where that is not reduced. It follows
 * from the last reduction and the clock, so that nothing has to be written while it recovers.
 */
export const reducedSlots = `case when slots_reduced_at < now() + interval '${aheadMax}' then
    nullif(least(slots_reduced_from, slots_reduced_to
      + greatest(0, floor(extract(epoch from now() - slots_reduced_at) / ${recoverySeconds}))::int), slots_reduced_from) end`;

export interface SlotReduction {
  readonly accountId: number;
  /** As many as the settings of this process allow. */
  readonly slots: number;
  /** The failure that caused it. */
  readonly code: string;
}

/** Halves the slots of an account, for all processes; undefined where that was done a moment ago. */
export async function reduceSlots(
  database: Queryable,
  reduction: SlotReduction,
): Promise<number | undefined> {
  const { accountId, slots, code } = reduction;
  const { rows } = await database.query<{ slots: number }>(
    `update pipeline.accounts
     set slots_reduced_to = (least($2::int, coalesce(${reducedSlots}, $2::int)) + 1) / 2,
         slots_reduced_from = $2, slots_reduced_at = now(), slots_reduced_by = $3, updated_at = now()
     where account_id = $1
       and (slots_reduced_at is null or slots_reduced_at < now() - interval '${settlingSeconds} seconds'
            or slots_reduced_at > now() + interval '${aheadMax}')
     returning slots_reduced_to as slots`,
    [accountId, slots, code],
  );
  return rows[0]?.slots;
}
