import { declarationFor, settingKeys } from '../src/config/settings.ts';

const marks = { begin: '<!-- settings:begin -->\n\n', end: '\n\n<!-- settings:end -->' };

/** The page with the table between its marks. */
export function withSettingsTable(page: string): string {
  const [before, rest] = page.split(marks.begin);
  const after = rest?.split(marks.end)[1];
  if (before === undefined || after === undefined) throw new Error('the marks of the table are missing');
  return [before, marks.begin, renderSettingsTable(), marks.end, after].join('');
}

/** The configuration table of the documentation, as Markdown. */
function renderSettingsTable(): string {
  const rows = settingKeys.map((key) => {
    const { name, meaning, mayBeFile, ...declaration } = declarationFor(key);
    const { default: value, defaultText = value === undefined ? '–' : `\`${value}\`` } = declaration;
    return `| \`${name}\`${mayBeFile ? ' ¹' : ''} | ${defaultText} | ${meaning} |`;
  });
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}
