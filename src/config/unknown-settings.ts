import { declarationFor, settingKeys, settingNames } from './settings.ts';

/** One line for each name that looks like a setting and is none; other names of an environment are not ours. */
export function unknownSettings(names: readonly string[]): string[] {
  const known = new Set([...settingNames, ...namesOfFiles()]);
  const warnings = new Set<string>();
  for (const name of names) {
    if (known.has(name)) continue;
    const nearest = nearestSetting(name);
    if (nearest !== undefined)
      warnings.add(`${name} is not a setting and was ignored: did you mean ${nearest}?`);
    else if (name.startsWith('SFMC_')) warnings.add(`${name} is not a setting and was ignored`);
  }
  return [...warnings];
}

function namesOfFiles(): string[] {
  return settingKeys
    .map(declarationFor)
    .filter(({ mayBeFile }) => mayBeFile)
    .map(({ name }) => `${name}_FILE`);
}

function nearestSetting(name: string): string | undefined {
  // Short names are near to many others by accident.
  const farthest = name.length < 8 ? 0 : name.length < 12 ? 1 : 2;
  return settingNames.find((known) => distance(name, known, farthest) <= farthest);
}

/** Letters to insert, drop or change; anything beyond `farthest` is just too far, and not counted to its end. */
function distance(from: string, to: string, farthest: number): number {
  if (Math.abs(from.length - to.length) > farthest) return farthest + 1;
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    if (Math.min(...next) > farthest) return farthest + 1;
    row = next;
  }
  return row[to.length] ?? 0;
}
