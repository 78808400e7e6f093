import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { usualMachines } from '../../../simulator/world/default-jobs.ts';
import { createWorld } from '../../../simulator/world/world.ts';
import { questions } from '../../../src/cli/demo/questions.ts';
import { runCli, summaryOf } from '../../support/program/cli.ts';
import { dayMs } from '../../support/clock.ts';
import {
  type Dashboard,
  dashboards,
  grafanaFolder,
  type Panel,
} from '../../support/analysts/grafana-dashboard.ts';
import { expandMacros, type PanelContext } from '../../support/analysts/grafana-macros.ts';
import { openStage, type Stage } from '../../support/simulator.ts';

const login = `dashboards_${randomBytes(6).toString('hex')}`;
const now = new Date();
let stage: Stage;
let reader: pg.Pool;

beforeAll(async () => {
  const world = createWorld({ seed: 1, now, jobs: 3, eventsPerJob: 300, machines: usualMachines });
  // A deficit to show: Marketing Cloud counts clicks of the oldest job that it does not return.
  world.changeDelivery(7_000_001, 1_543_003, { withheld: { every: 10, types: ['click'] } });
  stage = await openStage(world);
  const env = { ...stage.env, EVENT_TYPES: 'all', JOB_LOOKBACK_DAYS: '365' };
  expect(summaryOf(await runCli(['sync', '--json'], env)).outcome).toBe('completed');
  await stage.pool.query(`create role ${login} login password 'x' in role sfmc_tracking_reader`);
  await stage.pool.query(`alter role ${login} set default_transaction_read_only = on`);
  const url = new URL(stage.databaseUrl);
  url.username = login;
  url.password = 'x';
  reader = new pg.Pool({ connectionString: url.href, max: 1 });
  // Its connection may still be closing when the database is dropped.
  reader.on('error', () => undefined);
});
afterAll(async () => {
  await reader.end();
  await stage.pool.query(`drop owned by ${login}`);
  await stage.pool.query(`drop role ${login}`);
  await stage.close();
});

const ranges = {
  'the last 90 days': { from: new Date(now.getTime() - 90 * dayMs), to: now },
  'the last day': { from: new Date(now.getTime() - dayMs), to: now },
  'a range without events': { from: new Date('2001-01-01T00:00:00Z'), to: new Date('2001-01-02T00:00:00Z') },
};

/** A choice for every variable: the first value that its query returns, or all of them. */
async function choose({ templating }: Dashboard): Promise<PanelContext['variables']> {
  const chosen: Record<string, string[]> = {};
  for (const { name, query, multi } of templating.list) {
    const { rows } = await reader.query<{ __text: unknown; __value: unknown }>(
      expandMacros(query, { ...ranges['the last day'], variables: chosen }),
    );
    const values = rows.map(({ __value }) => String(__value));
    expect(typeof rows[0]?.__text).toBe('string');
    chosen[name] = multi ? values : values.slice(0, 1);
  }
  return chosen;
}

async function run({ targets: [{ rawSql }] }: Panel, context: PanelContext) {
  return await reader.query<Record<string, unknown>>(expandMacros(rawSql, context));
}

/** What the kind of panel needs to draw it. */
const expectations: Readonly<Record<Panel['type'], (panel: Panel, result: pg.QueryResult) => void>> = {
  stat: (_, { fields, rowCount }) => {
    expect(fields.map(({ name }) => name)).toEqual(['value']);
    expect(rowCount).toBe(1);
  },
  timeseries: ({ targets: [{ format }] }, { fields, rows }) => {
    expect(format).toBe('time_series');
    expect(fields.map(({ name }) => name)[0]).toBe('time');
    const times = rows.map(({ time }: { time: unknown }) => Number(time));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(times).size).toBe(times.length);
  },
  barchart: (panel, { fields }) => {
    expect(fields[0]?.name).toBe(panel.type === 'barchart' && panel.options.xField);
  },
  table: ({ fieldConfig }, { fields }) => {
    const names = fields.map(({ name }) => name);
    for (const { matcher } of fieldConfig.overrides) expect(names).toContain(matcher.options);
  },
};

describe.each(dashboards)('$title', (dashboard) => {
  describe.each(dashboard.panels)('$title', (panel) => {
    it.each(Object.entries(ranges))('is drawn for %s', async (_, range) => {
      const result = await run(panel, { ...range, variables: await choose(dashboard) });
      expectations[panel.type](panel, result);
    });
  });

  it('shows something of each panel in the last 90 days, whichever business units are chosen', async () => {
    const variables = await choose(dashboard);
    const all = 'account' in variables ? { ...variables, account: ['account_id'] } : variables;
    for (const choice of [variables, all]) {
      const counts = dashboard.panels.map(async (panel) => {
        const { rows } = await run(panel, { ...ranges['the last 90 days'], variables: choice });
        const isShown = rows.some((row) => Object.values(row).some((value) => value !== null));
        return isShown ? [] : [panel.title];
      });
      expect((await Promise.all(counts)).flat()).toEqual([]);
    }
  });

  it('link to one another and to variables that exist', () => {
    const text = JSON.stringify(dashboards);
    for (const [, uid = '', name] of text.matchAll(/"\/d\/([\w-]+)(?:\?var-(\w+)=)?/gu)) {
      const target = dashboards.find((dashboard) => dashboard.uid === uid);
      expect(target?.uid).toBe(uid);
      if (name !== undefined)
        expect(target?.templating.list.map((variable) => variable.name)).toContain(name);
    }
  });

  it('are where Compose mounts them, and read the data source that is provisioned', () => {
    const provisioning = path.join(grafanaFolder, 'provisioning');
    const dataSource = readFileSync(path.join(provisioning, 'datasources', 'sfmc-tracking.yaml'), 'utf8');
    expect(dataSource).toMatch(/^ {4}uid: sfmc-tracking$/mu);
    expect(dataSource).toMatch(/^ {4}type: grafana-postgresql-datasource$/mu);
    expect(dataSource).toMatch(/^ {4}user: bi_reader$/mu);
    const provider = readFileSync(path.join(provisioning, 'dashboards', 'sfmc-tracking.yaml'), 'utf8');
    const compose = readFileSync(path.join(grafanaFolder, '..', '..', 'docker-compose.yml'), 'utf8');
    expect(provider).toMatch(/^ {6}path: \/etc\/grafana\/dashboards$/mu);
    expect(compose).toContain('- ./deploy/grafana/dashboards:/etc/grafana/dashboards:ro');
    const home = /HOME_DASHBOARD_PATH: \/etc\/grafana\/dashboards\/(\S+)$/mu.exec(compose)?.[1];
    expect(existsSync(path.join(grafanaFolder, 'dashboards', home ?? 'none'))).toBe(true);
  });
});

it.each(Object.entries(questions))('the demo has a result for %s', async (_, { sql }) => {
  expect((await reader.query(sql)).rowCount).toBeGreaterThan(0);
});
