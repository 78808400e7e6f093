import { panelGoals } from '../analyst/analyst-queries.ts';
import type { Row } from './rows.ts';
import type { Goal } from './verdict.ts';

/** What is claimed, part by part. A name that ends in `*` stands for all figures that begin like it. */
export type Goals = Readonly<Record<string, Readonly<Record<string, Goal>>>>;

export const goals: Goals = {
  parse: {
    'opens, against plain sax': { least: 9, aim: 15 },
    "opens, against sfmc-sdk's parser": { least: 15, aim: 25 },
    'clicks, against plain sax': { least: 7, aim: 10 },
    "clicks, against sfmc-sdk's parser": { least: 10, aim: 15 },
  },
  load: {
    'opens, first load against raw COPY': { least: 0.6, aim: 0.8 },
    'opens, read again against first load': { least: 1, aim: 1.5 },
    'opens, new rows when read again': { most: 0 },
    'opens, dead rows left by it all': { most: 0 },
    'clicks, first load against raw COPY': { least: 0.6, aim: 0.8 },
    'clicks, read again against first load': { least: 1, aim: 1.5 },
    'clicks, new rows when read again': { most: 0 },
    'clicks, dead rows left by it all': { most: 0 },
  },
  'end-to-end': { 'opens over HTTP, against raw COPY': { least: 0.9, aim: 1 } },
  sync: {
    'whole sync, from process start until all events are in, against raw COPY': {
      ...{ least: 0.55, aim: 0.7, form: 'full' },
    },
  },
  import: { 'import of files, against the sync of the same events': { least: 0.5 } },
  memory: {
    'peak at 0.1 M events': { most: 200, aim: 150, form: 'quick' },
    'peak at 0.3 M events': { most: 200, aim: 150, form: 'quick' },
    'growth from 0.1 M to 0.3 M': { most: 10, form: 'quick' },
    'peak at 0.5 M events': { most: 200, aim: 150, form: 'full' },
    'peak at 2 M events': { most: 250, aim: 150, form: 'full' },
    'peak at 5 M events': { most: 150, aim: 120, form: 'full' },
    'growth from 0.5 M to 5 M': { most: 10, form: 'full' },
  },
  latency: {
    'eight side by side, against the ideal schedule': { least: 0.9, aim: 0.97 },
    'eight side by side, against one cursor': { least: 6, aim: 7.5 },
  },
  workers: {
    '2 processes, against one': { least: 1.5, aim: 1.9 },
    '4 processes, against one': { least: 3, aim: 3.8 },
  },
  priorities: { 'a sync beside a backfill, against the sync alone': { most: 1.3 } },
  disk: { 'list sends': { most: 205, aim: 170 }, 'triggered sends': { most: 225, aim: 190 } },
  queue: { 'small tasks, against bare pg-boss': { least: 0.6, aim: 0.8 } },
  'idle-sync': { 'CPU per checkpoint, against one bare undici request': { most: 3.3, aim: 2.5 } },
  status: { 'status of the package, against node -e 0': { most: 6, aim: 4 } },
  'status-page': {
    'report (status, metrics, live updates)': { most: 200 },
    'page: *': { most: 200, oneLine: 'each page, the slowest' },
  },
  rollups: {
    'load with the log of changes, against load without': { least: 0.95 },
    'first build of the rollups of 100 jobs, 5 M events': { most: 60, form: 'full' },
    'refresh after a night: 60 touched jobs, 5 M events': { most: 5, form: 'full' },
  },
  analyst: {
    ...panelGoals,
    "one person's history": { most: 50, form: 'full' },
    'first 10,000 rows of *': {
      most: 1000,
      form: 'full',
      oneLine: 'first 10,000 rows of each view, the slowest',
    },
  },
  people: {
    'clicks typed with hashed keys, CPU against plain keys': { most: 12 },
    'clicks typed and 1,000 people kept out, CPU against none': { most: 2 },
    'opens over HTTP with hashed keys, CPU against plain keys': { most: 4 },
  },
  growth: { 'rate with 20 M rows present, against 1 M': { least: 0.85, aim: 0.95, form: 'full' } },
};

/** The goal of a figure, and the name it stands under. */
export function goalOf(
  part: string,
  label: string,
  of: Goals = goals,
): { name: string; goal: Goal } | undefined {
  const found = Object.entries(of[part] ?? {}).find(([name]) => isNamed(label, name));
  return found === undefined ? undefined : { name: found[0], goal: found[1] };
}

/** The rows of a part with the goals that this form decides. */
export function withGoals(part: string, rows: readonly Row[], form: Form, of: Goals = goals): Row[] {
  return rows.map((row) => {
    const goal = goalOf(part, row.label, of)?.goal;
    return goal === undefined || !isDecidedBy(goal, form) ? row : { ...row, goal };
  });
}

/** Goals of this form that name no row of their part: they would never be judged. */
export function goalsWithoutFigure(
  part: string,
  rows: readonly Row[],
  form: Form,
  of: Goals = goals,
): string[] {
  return Object.entries(of[part] ?? {})
    .filter(([name, goal]) => isDecidedBy(goal, form) && !rows.some(({ label }) => isNamed(label, name)))
    .map(([name]) => name);
}

type Form = 'quick' | 'full';

function isDecidedBy(goal: Goal, form: Form): boolean {
  return goal.form === undefined || goal.form === form;
}

function isNamed(label: string, name: string): boolean {
  return name.endsWith('*') ? label.startsWith(name.slice(0, -1)) : label === name;
}
