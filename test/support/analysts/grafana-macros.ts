export interface PanelContext {
  readonly from: Date;
  readonly to: Date;
  /** Chosen values of the dashboard's variables, as `:csv` joins them. */
  readonly variables: Readonly<Record<string, readonly string[]>>;
}

const seconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/**
 * What Grafana's PostgreSQL data source sends for a panel's SQL: its macros and the variables written out.
 *
 * Knows what our dashboards use; anything else that looks like a macro or a variable is an error.
 */
export function expandMacros(sql: string, { from, to, variables }: PanelContext): string {
  const instants = { from: `'${from.toISOString()}'`, to: `'${to.toISOString()}'` };
  const expanded = sql
    .replaceAll(/\$\{(\w+):csv\}|\$\{(\w+)\}/gu, (whole, many?: string, one?: string) => {
      const values = variables[many ?? one ?? ''];
      if (values === undefined || (many === undefined && values.length !== 1))
        throw new Error(`no value of ${whole}`);
      return values.join(',');
    })
    .replaceAll(
      /\$__timeFilter\((\w+)\)/gu,
      (_, column: string) => `${column} BETWEEN ${instants.from} AND ${instants.to}`,
    )
    .replaceAll(
      /\$__timeGroupAlias\((\w+), '(\d+)([smhd])'\)/gu,
      (_, column: string, count: string, unit: string) => {
        const width = Number(count) * secondsOf(unit);
        return `floor(extract(epoch from ${column})/${width})*${width} AS "time"`;
      },
    );
  const left = /\$\w+|\$\{/u.exec(expanded);
  if (left !== null) throw new Error(`${left[0]} is not known: ${sql}`);
  return expanded;
}

function secondsOf(unit: string): number {
  for (const [name, count] of Object.entries(seconds)) if (name === unit) return count;
  throw new Error(`no unit ${unit}`);
}
