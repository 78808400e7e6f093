import { figureOf, type Measured } from '../measure.ts';
import type { Contender } from '../processes/contender.ts';
import type { Row } from '../report/rows.ts';
import { type Others, type OthersCpu, othersCpu, usedBetween } from './others.ts';

/** CPU of everything that took part in a turn. */
export interface CpuShares extends OthersCpu {
  readonly units: number;
  readonly process: number;
}

/** The same contender; its outcomes tell what Postgres and the source used in its turn, too. */
export function meteringOthers(contender: Contender, others: Others): Contender {
  return {
    ...contender,
    async run(round) {
      let before = othersCpu(others);
      const outcome = await contender.run(round, () => (before = othersCpu(others)));
      return { ...outcome, others: usedBetween(before, othersCpu(others)) };
    },
  };
}

/** What a ratio consists of: CPU for each unit of work by who used it. What could not be read is left out. */
export function cpuRows(
  label: string,
  turns: readonly CpuShares[],
  unit = 'event',
  processName = 'our process',
): Row[] {
  const rowOf = (who: string, share: (turn: CpuShares) => number): Row => ({
    label: `${label}, CPU of ${who}`,
    unit: `µs/${unit}`,
    ...figureOf(turns.map((turn) => (share(turn) / turn.units) * 1e6)),
  });
  return [
    rowOf(processName, (turn) => turn.process),
    rowOf('Postgres', (turn) => turn.postgres),
    rowOf('the source', (turn) => turn.source),
  ].filter(({ median }) => !Number.isNaN(median));
}

/** The same of a contender that was metered. */
export function cpuRowsOf({ name, outcomes }: Measured, unit?: string): Row[] {
  const turns = outcomes.map(({ units, cpuSeconds, others }) => ({
    ...{ units, process: cpuSeconds },
    ...{ postgres: others?.postgres ?? NaN, source: others?.source ?? NaN },
  }));
  return cpuRows(name.replace(/^\w+: /, ''), turns, unit, 'its process');
}
