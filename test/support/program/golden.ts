import fs from 'node:fs';
import path from 'node:path';
import { runInProcess } from './in-process-cli.ts';
import { Screen, type ShownCommand } from './screen.ts';

const folder = path.join(import.meta.dirname, '..', '..', 'golden', 'terminal');

/** The widths of a terminal for which screens are kept. */
export const widths = [60, 80, 120, 200];

/** Compares a screen with the one that is kept; with UPDATE_GOLDEN it is kept anew, and `git diff` shows what changed. */
export function expectGolden(name: string, text: string): void {
  const file = path.join(folder, `${name}.txt`);
  const shown = `${text}\n`;
  if (process.env['UPDATE_GOLDEN'] !== undefined) {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(file, shown);
  }
  expect(shown).toBe(fs.readFileSync(file, 'utf8'));
}

export interface ScreenOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly columns: number;
  readonly now?: () => Date;
}

/** The screen after a command, for a reader in Berlin. */
export async function screenOf(
  args: readonly string[],
  { env, columns, now = () => new Date() }: ScreenOptions,
): Promise<string> {
  const screen = new Screen(columns);
  const terminal = { ...terminalOf(screen, columns), timeZone: 'Europe/Berlin' };
  await runInProcess(args, { env, stdout: terminal, stderr: terminal, now });
  return await screen.text();
}

/** Starts a command in this process, as it does in a terminal of that width; what the terminal itself does is not in it. */
export function startOnScreen(
  args: readonly string[],
  env: ScreenOptions['env'],
  columns: number,
): ShownCommand {
  const screen = new Screen(columns);
  const terminal = { ...terminalOf(screen, columns), timeZone: 'UTC' };
  return { screen, end: runInProcess(args, { env, stdout: terminal, stderr: terminal }) };
}

function terminalOf(screen: Screen, columns: number) {
  return { write: (text: string) => screen.write(text), ...{ isTTY: true, columns, isColored: true } };
}
