import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type EChartsOption, init } from 'echarts';
import type { Curve } from './support/report.ts';
import { type KeptResults, readResults, resultsDir } from './support/results.ts';

interface BarChart {
  readonly bench: string;
  readonly title: string;
  /** Rows are labelled `<group>: <bar>`. */
  readonly groups: readonly string[];
  readonly bars: readonly string[];
}

const barCharts: readonly BarChart[] = [
  {
    bench: 'parse',
    title: 'Parsing alone: bytes to columns',
    groups: ['opens', 'clicks'],
    bars: ['sfmc-tracking', 'plain sax', 'sfmc-sdk'],
  },
  {
    bench: 'load',
    title: 'Loading alone: columns into Postgres',
    groups: ['opens', 'clicks'],
    bars: ['sfmc-tracking', 'sfmc-tracking again', 'knex upsert', 'raw COPY'],
  },
  {
    bench: 'end-to-end',
    title: 'End to end: HTTP and gzip into Postgres',
    groups: ['opens'],
    bars: ['sfmc-tracking', 'sfmc-sdk + knex', 'raw COPY'],
  },
];

const size = { width: 760, height: 380 };
const ink = '#333333';
// One colour for each, the same in every plot; the limit is grey.
const colors = new Map([
  ['sfmc-tracking', '#1f6fb4'],
  ['sfmc-tracking again', '#7fb3dd'],
  ['raw COPY', '#9a9a9a'],
  ['ideal schedule', '#9a9a9a'],
  ['knex upsert', '#d9822b'],
  ['plain sax', '#d9822b'],
  ['sfmc-sdk', '#8a5aa8'],
  ['sfmc-sdk + knex', '#8a5aa8'],
  ['median', '#1f6fb4'],
  ['least', '#b9d3ea'],
  ['most', '#b9d3ea'],
]);
const otherColors = ['#1f6fb4', '#d9822b'];

/** Draws what was kept: of each bench the newest run, the full form where a day has both. */
export function writePlots(): string[] {
  const dir = path.join(resultsDir, 'plots');
  mkdirSync(dir, { recursive: true });
  const kept = readResults().map(({ results }) => results);
  const plots = [...barPlots(kept), ...curvePlots(kept)];
  return plots.map(([name, option]) => {
    writeFileSync(path.join(dir, `${name}.svg`), svgOf(option));
    return `bench/results/plots/${name}.svg`;
  });
}

function barPlots(kept: readonly KeptResults[]): [string, EChartsOption][] {
  return barCharts.flatMap((chart): [string, EChartsOption][] => {
    const run = kept.findLast(({ benches }) => benches[chart.bench] !== undefined);
    return run === undefined ? [] : [[chart.bench, barOption(chart, run)]];
  });
}

function curvePlots(kept: readonly KeptResults[]): [string, EChartsOption][] {
  const newest = new Map<string, [string, EChartsOption]>();
  for (const run of kept) {
    for (const curve of Object.values(run.curves).flat())
      newest.set(curve.name, [curve.name, curveOption(curve, run)]);
  }
  return [...newest.values()];
}

function barOption({ bench, title, groups, bars }: BarChart, run: KeptResults): EChartsOption {
  const rateOf = (group: string, bar: string): number | undefined => {
    const row = run.benches[bench]?.find(({ label }) => label === `${group}: ${bar}`);
    return row?.median == null ? undefined : Math.round(row.median / 1000);
  };
  return {
    ...frame(title, run, bars),
    xAxis: { type: 'category', data: [...groups], axisTick: { show: false }, axisLabel: { color: ink } },
    yAxis: valueAxis('thousand events/s'),
    series: bars.map((bar) => ({
      ...{ type: 'bar', name: bar, barMaxWidth: 70, barGap: '15%' },
      itemStyle: { color: colors.get(bar) ?? ink },
      label: { show: true, position: 'top', color: ink },
      data: groups.map((group) => rateOf(group, bar) ?? '-'),
    })),
  };
}

function curveOption(curve: Curve, run: KeptResults): EChartsOption {
  const { title, y, isXLogarithmic = false, lines } = curve;
  const isSpread = (name: string): boolean => name === 'least' || name === 'most';
  return {
    ...frame(
      title,
      run,
      lines.map(({ name }) => name),
    ),
    xAxis: xAxisOf(curve),
    yAxis: valueAxis(y),
    series: lines.map(({ name, points }, place) => ({
      ...{ type: 'line', name, symbolSize: isSpread(name) ? 0 : 7 },
      data: points.map(([at, value]) => [isXLogarithmic ? at.toLocaleString('en-US') : at, rounded(value)]),
      lineStyle: {
        color: colorOf(name, place),
        width: isSpread(name) ? 1 : 2,
        type: name === 'ideal schedule' ? 'dashed' : 'solid',
      },
      itemStyle: { color: colorOf(name, place) },
    })),
  };
}

function frame(title: string, { environment, form }: KeptResults, names: readonly string[]): EChartsOption {
  return {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'sans-serif' },
    title: {
      text: title,
      subtext: `${environment.at.slice(0, 10)}, ${form} form`,
      ...{ left: 16, top: 10, textStyle: { fontSize: 16, color: ink } },
    },
    legend: { data: [...names], right: 16, top: 36, textStyle: { color: ink } },
    grid: { left: 70, right: 30, top: 90, bottom: 56 },
  };
}

/** On a logarithmic axis the marks themselves are the ticks. */
function xAxisOf({ x, isXLogarithmic = false, lines }: Curve): NonNullable<EChartsOption['xAxis']> {
  const naming = { name: x, nameLocation: 'middle', nameGap: 30, nameTextStyle: { color: ink } } as const;
  const axisLabel = { color: ink };
  if (!isXLogarithmic) return { type: 'value', min: 0, ...naming, axisLabel };
  return { type: 'category', boundaryGap: false, data: marksOf(lines), ...naming, axisLabel };
}

function valueAxis(name: string): NonNullable<EChartsOption['yAxis']> {
  return {
    type: 'value',
    min: 0,
    ...{ name, nameLocation: 'middle', nameGap: 50, nameTextStyle: { color: ink } },
    axisLabel: { color: ink },
  };
}

function marksOf(lines: Curve['lines']): string[] {
  const marks = new Set(lines.flatMap(({ points }) => points.map(([at]) => at)));
  return [...marks].sort((a, b) => a - b).map((mark) => mark.toLocaleString('en-US'));
}

function colorOf(name: string, place: number): string {
  return colors.get(name) ?? otherColors[place % otherColors.length] ?? ink;
}

/** Three digits tell as much as sixteen, and make no difference of every run. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

function svgOf(option: EChartsOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption(option);
    return `${chart.renderToSVGString()}\n`;
  } finally {
    // An open chart keeps the process from ending.
    chart.dispose();
  }
}
