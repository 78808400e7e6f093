import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import xterm from '@xterm/headless';
import { cliPath } from './cli.ts';
import { eventually } from '../clock.ts';

/** Long enough for all that a command of these tests prints. */
const rows = 300;

/** A terminal of a given width: takes what a program writes and shows what a person would see. */
export class Screen {
  readonly #terminal: xterm.Terminal;
  /** All that was written, with what a terminal obeys. */
  written = '';

  constructor(columns: number) {
    // What a pseudo-terminal does with the ends of lines is done here for programs that write to this screen directly.
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true });
  }

  write(text: string): void {
    this.written += text;
    this.#terminal.write(text);
  }

  /** The lines that are not empty at the end; fails where one was too long for the screen. */
  async lines(): Promise<string[]> {
    await new Promise<void>((resolve) => this.#terminal.write('', resolve));
    const { active } = this.#terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, at) => active.getLine(at));
    const broken = lines
      .filter((line) => line?.isWrapped === true)
      .map((line) => line?.translateToString(true));
    if (broken.length > 0)
      throw new Error(`too long for ${this.#terminal.cols} columns: ${broken.join('\n')}`);
    return lines
      .map((line) => line?.translateToString(true) ?? '')
      .join('\n')
      .trimEnd()
      .split('\n');
  }

  async text(): Promise<string> {
    return (await this.lines()).join('\n');
  }

  /** Waits until such a text is to be seen. */
  async shows(pattern: RegExp): Promise<void> {
    await eventually(String(pattern), async () => pattern.test(await this.text()));
  }
}

export interface ShownCommand {
  readonly screen: Screen;
  /** The exit code. */
  readonly end: Promise<number>;
}

export interface TerminalSession extends ShownCommand {
  /** What the keyboard sends; `\u0003` is Ctrl-C. */
  type(keys: string): void;
}

/** Starts the command line in a pseudo-terminal of that width. */
export function startInTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  columns: number,
): TerminalSession {
  const words = [process.execPath, cliPath, ...args].map((word) => `'${word}'`).join(' ');
  const terminal = spawn('script', ['-qec', `stty cols ${columns} rows 50; exec ${words}`, '/dev/null'], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], TERM: 'xterm-256color', TZ: 'UTC', ...env },
  });
  const screen = new Screen(columns);
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => screen.write(text));
  return {
    screen,
    end: once(terminal, 'close').then(([code]: unknown[]) => (typeof code === 'number' ? code : -1)),
    type: (keys) => void terminal.stdin.write(keys),
  };
}

/** Without what is measured: how long something took. */
export function normalized(text: string): string {
  return text.replaceAll(/\b\d+ min \d+ s\b|\b\d+ (?:ms|s|min)\b/gu, 'N s');
}
