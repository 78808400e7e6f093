import type { KeptResults } from './kept-results.ts';
import { type Goals, goalOf } from './goals.ts';
import { goalText, written, writtenWithUnit } from './table.ts';
import { type Goal, judge, type Verdict } from './verdict.ts';

/** A figure of one of the kept results. */
interface Seen {
  /** The letter that stands for the results. */
  readonly letter: string;
  readonly unit: string;
  readonly median: number;
  readonly worstRound: number;
  readonly verdict: Verdict;
}

interface Line {
  readonly part: string;
  readonly title: string;
  readonly goal: Goal;
  readonly seen: readonly Seen[];
}

/**
 * Every goal beside all that was measured for it, as Markdown: a goal is met where each machine, on each day, met it; else
 * the line says where it was not. Results have letters in the order of their days.
 */
export function goalTable(goals: Goals, kept: readonly KeptResults[]): string {
  return [
    '| part | figure | must | medians | worst round | |',
    '| --- | --- | --- | --- | --- | --- |',
    ...linesOf(goals, kept).map(textOf),
    '',
    ...kept.map((results, at) => `- **${letterOf(at)}**: ${describe(results)}`),
  ].join('\n');
}

function linesOf(goals: Goals, kept: readonly KeptResults[]): Line[] {
  const lines = new Map<string, { part: string; title: string; goal: Goal; names: Set<string> }>();
  for (const [part, ofPart] of Object.entries(goals)) {
    for (const [name, goal] of Object.entries(ofPart)) {
      const title = goal.oneLine ?? name;
      const line = lines.get(`${part} ${title}`) ?? { part, title, goal, names: new Set() };
      line.names.add(name);
      lines.set(`${part} ${title}`, line);
    }
  }
  return [...lines.values()].map(({ part, title, goal, names }) => ({
    ...{ part, title, goal },
    seen: kept.flatMap((results, at) => {
      const worst = worstOf(results, goal, { part, names, goals });
      return worst === undefined ? [] : [{ letter: letterOf(at), ...worst }];
    }),
  }));
}

/** The figure of these results that is furthest from the goal. */
function worstOf(
  { form, benches }: KeptResults,
  goal: Goal,
  { part, names, goals }: { part: string; names: ReadonlySet<string>; goals: Goals },
): Omit<Seen, 'letter'> | undefined {
  if (goal.form !== undefined && goal.form !== form) return undefined;
  const isAtMost = goal.most !== undefined;
  const figures = (benches[part] ?? [])
    .filter(({ label }) => names.has(goalOf(part, label, goals)?.name ?? ''))
    .map((row) => ({
      ...{ unit: row.unit, median: row.median, worstRound: isAtMost ? row.most : row.least },
      verdict: judge(row, goal, false) ?? 'not measured',
    }));
  const [verdict] = verdictsFromWorst.filter((one) => figures.some((figure) => figure.verdict === one));
  const [first] = figures;
  if (first === undefined || verdict === undefined) return undefined;
  const worst = isAtMost ? Math.max : Math.min;
  return {
    ...{ unit: first.unit, verdict },
    median: worst(...figures.map(({ median }) => median)),
    worstRound: worst(...figures.map(({ worstRound }) => worstRound)),
  };
}

const verdictsFromWorst = ['missed', 'not measured', 'met with no room', 'met'] as const satisfies Verdict[];

function textOf({ part, title, goal, seen }: Line): string {
  const must = `${goalText(goal)}${goal.form === undefined ? '' : `, ${goal.form} form`}`;
  return `| ${part} | ${title} | ${must} | ${rangeText(seen)} | ${worstText(goal, seen)} | ${verdictText(seen)} |`;
}

function rangeText(seen: readonly Seen[]): string {
  const [least, ...others] = measuredOf(seen).toSorted((one, other) => one.median - other.median);
  const most = others.at(-1);
  if (least === undefined) return '';
  if (most === undefined) return `${writtenWithUnit(least.median, least.unit)} (${least.letter})`;
  return `${written(least.median)} (${least.letter}) – ${writtenWithUnit(most.median, most.unit)} (${most.letter})`;
}

function worstText({ most }: Goal, seen: readonly Seen[]): string {
  const sorted = measuredOf(seen).toSorted((one, other) => one.worstRound - other.worstRound);
  const worst = most === undefined ? sorted[0] : sorted.at(-1);
  return worst === undefined ? '' : `${written(worst.worstRound)} (${worst.letter})`;
}

function measuredOf(seen: readonly Seen[]): Seen[] {
  return seen.filter(({ median }) => !Number.isNaN(median));
}

/** One word where all results agree; else where which is true. */
function verdictText(seen: readonly Seen[]): string {
  const present = verdictsFromWorst.filter((verdict) => seen.some((one) => one.verdict === verdict));
  const emphasized = (verdict: Verdict) => (verdict === 'missed' ? '**missed**' : verdict);
  const [only, ...others] = present;
  if (only === undefined) return 'not measured';
  if (others.length === 0) return emphasized(only);
  const lettersOf = (verdict: Verdict) =>
    seen.filter((one) => one.verdict === verdict).map(({ letter }) => letter);
  return present.map((verdict) => `${emphasized(verdict)} in ${lettersOf(verdict).join(', ')}`).join('; ');
}

function describe({ form, environment }: KeptResults): string {
  const { at, program, cpu, cores, memoryGb, platform, node, postgres, loadAverage } = environment;
  const day = new Date(at).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
  return (
    `${day}, ${form} form: ${cpu}, ${cores} cores, ${memoryGb} GB, ${platform}, Node ${node.slice(1)}` +
    `${postgres === undefined ? '' : `, Postgres ${postgres}`}, load average ${loadAverage[0] ?? '?'} before${program === undefined ? '' : `, program ${program}`}`
  );
}

function letterOf(at: number): string {
  return 'abcdefghijklmnopqrstuvwxyz'[at] ?? String(at + 1);
}
