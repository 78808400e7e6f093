import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

export const grafanaFolder = path.join(import.meta.dirname, '..', '..', '..', 'deploy', 'grafana');

const dataSource = z.strictObject({
  type: z.literal('grafana-postgresql-datasource'),
  uid: z.literal('sfmc-tracking'),
});

const target = z.strictObject({
  refId: z.literal('A'),
  datasource: dataSource,
  editorMode: z.literal('code'),
  rawQuery: z.literal(true),
  format: z.enum(['table', 'time_series']),
  rawSql: z.string().min(1),
});

const gridPos = z.strictObject({
  x: z.int().min(0),
  y: z.int().min(0),
  w: z.int().min(1).max(24),
  h: z.int().min(1),
});

const unit = z.enum(['none', 'short', 'percentunit', 'h', 'dateTimeFromNow']);

const dataLink = z.strictObject({ title: z.string(), url: z.string().startsWith('/d/') });

const property = z.discriminatedUnion('id', [
  z.strictObject({ id: z.literal('unit'), value: unit }),
  z.strictObject({ id: z.literal('decimals'), value: z.int().min(0) }),
  z.strictObject({ id: z.literal('displayName'), value: z.string() }),
  z.strictObject({ id: z.literal('custom.width'), value: z.int().positive() }),
  z.strictObject({ id: z.literal('links'), value: z.array(dataLink) }),
]);

const override = z.strictObject({
  matcher: z.strictObject({ id: z.literal('byName'), options: z.string() }),
  properties: z.array(property).min(1),
});

function fieldConfigOf<Custom extends z.ZodType>(custom: Custom) {
  const defaults = z.strictObject({ unit: unit.optional(), decimals: z.int().min(0).optional(), custom });
  return z.strictObject({ defaults, overrides: z.array(override) });
}

const panelShape = {
  id: z.int().positive(),
  title: z.string().min(1),
  description: z.string().min(1).optional(),
  datasource: dataSource,
  gridPos,
  targets: z.tuple([target]),
};

const legend = z.strictObject({
  displayMode: z.literal('list'),
  placement: z.literal('bottom'),
  showLegend: z.boolean(),
});

/** The four kinds of panel that the dashboards use, with the options that they use. */
const panel = z.discriminatedUnion('type', [
  z.strictObject({
    ...panelShape,
    type: z.literal('stat'),
    options: z.strictObject({
      reduceOptions: z.strictObject({
        calcs: z.tuple([z.literal('lastNotNull')]),
        fields: z.literal(''),
        values: z.literal(false),
      }),
      colorMode: z.literal('none'),
      graphMode: z.literal('none'),
      textMode: z.literal('auto'),
    }),
    fieldConfig: fieldConfigOf(z.undefined().optional()),
  }),
  z.strictObject({
    ...panelShape,
    type: z.literal('timeseries'),
    options: z.strictObject({
      legend,
      tooltip: z.strictObject({ mode: z.literal('multi'), sort: z.literal('none') }),
    }),
    fieldConfig: fieldConfigOf(
      z.strictObject({
        drawStyle: z.enum(['bars', 'line']),
        fillOpacity: z.int().min(0).max(100),
        lineWidth: z.int(),
        stacking: z.strictObject({ mode: z.enum(['none', 'normal']), group: z.literal('A') }),
      }),
    ),
  }),
  z.strictObject({
    ...panelShape,
    type: z.literal('barchart'),
    options: z.strictObject({
      xField: z.string(),
      orientation: z.literal('vertical'),
      stacking: z.enum(['none', 'normal']),
      legend,
    }),
    fieldConfig: fieldConfigOf(z.undefined().optional()),
  }),
  z.strictObject({
    ...panelShape,
    type: z.literal('table'),
    options: z.strictObject({ showHeader: z.literal(true), cellHeight: z.literal('sm') }),
    fieldConfig: fieldConfigOf(z.strictObject({ align: z.literal('auto') })),
  }),
]);

const variable = z.strictObject({
  name: z.string().regex(/^[a-z]+$/u),
  label: z.string(),
  description: z.string(),
  type: z.literal('query'),
  datasource: dataSource,
  query: z.string(),
  /** 2: whenever the time range changes. */
  refresh: z.literal(2),
  sort: z.literal(0),
  multi: z.boolean(),
  includeAll: z.boolean(),
  /** 2: not shown; its value follows from another variable. */
  hide: z.literal(2).optional(),
  /** Stands in the query where all are chosen. */
  allValue: z.literal('account_id').optional(),
  current: z.strictObject({ text: z.literal('All'), value: z.literal('$__all') }).optional(),
});

const dashboardSchema = z.strictObject({
  uid: z.string().regex(/^sfmc-[a-z-]+$/u),
  title: z.string().min(1),
  description: z.string().min(1),
  tags: z.tuple([z.literal('sfmc-tracking')]),
  schemaVersion: z.literal(39),
  version: z.literal(1),
  editable: z.boolean(),
  /** Days of the reporting time zone are dates without a zone: in any other zone Grafana shows the day before. */
  timezone: z.literal('utc'),
  weekStart: z.literal(''),
  refresh: z.literal(''),
  time: z.strictObject({ from: z.string().regex(/^now-\d+d$/u), to: z.literal('now') }),
  links: z.array(
    z.strictObject({
      title: z.string(),
      type: z.literal('link'),
      url: z.string().startsWith('/d/'),
      keepTime: z.boolean(),
      includeVars: z.literal(false),
      targetBlank: z.literal(false),
    }),
  ),
  templating: z.strictObject({ list: z.array(variable) }),
  panels: z.array(panel).min(1),
});

export type Dashboard = z.infer<typeof dashboardSchema>;
export type Panel = Dashboard['panels'][number];

/** The dashboards as the files have them, each part held to what Grafana's schema calls it. */
export const dashboards: readonly Dashboard[] = readdirSync(path.join(grafanaFolder, 'dashboards')).map(
  (file) =>
    dashboardSchema.parse(JSON.parse(readFileSync(path.join(grafanaFolder, 'dashboards', file), 'utf8'))),
);
