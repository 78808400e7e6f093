import type { Command } from 'commander';
import { accountText } from '../../operations/account-names.ts';
import type { CheckedLine } from '../../operations/doctor/check.ts';
import { examples, type Run } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { printJson, printLines } from '../output.ts';
import { type Look, marked } from '../terminal/marks.ts';
import { columnsOf } from '../terminal/terminal.ts';
import { padded, wrapped } from '../terminal/width.ts';

/** `doctor`: whether everything that a sync needs is there, one line for each. */
export function addDoctorCommand(program: Command, run: Run): void {
  program
    .command('doctor')
    .description(
      'checks settings, addresses, database, credentials, permissions, clocks and paging; exit code 1 if a check fails',
    )
    .option('--record <dir>', 'keep each response as a file, without tokens, persons and ids')
    .option('--json', 'the same as one JSON object')
    .addHelpText('after', examples('doctor', 'doctor --record ./responses'))
    .action((options: DoctorOptions) => run((context) => doctor(options, context)));
}

interface DoctorOptions {
  readonly record?: string;
  readonly json?: boolean;
}

async function doctor({ record, json = false }: DoctorOptions, context: CommandContext): Promise<ExitCode> {
  const { examineSetup } = await import('../runtime/examine-setup.ts');
  const lines: CheckedLine[] = [];
  await examineSetup(context, record, (line) => {
    lines.push(line);
    if (!json) printLines(context.stdout, textOf(line, columnsOf(context.stdout)));
  });
  const failures = lines.filter(({ outcome }) => outcome === 'failed').length;
  if (json) printJson(context.stdout, { checks: lines, failed: failures });
  else printLines(context.stdout, ['', sentenceOf(failures, lines.length)]);
  return failures > 0 ? 1 : 0;
}

/** Wide enough for the longest of `outcome`. */
const outcomeChars = 'not checked'.length;

const looks = {
  ok: 'good',
  note: 'warn',
  failed: 'bad',
  'not checked': 'faint',
} as const satisfies Record<CheckedLine['outcome'], Look>;

/** What follows the outcome is indented as far where the terminal is too narrow for one line. */
function textOf(line: CheckedLine, columns: number): string[] {
  const { outcome, result, nextStep } = line;
  const next = nextStep === null ? '' : ` -> ${nextStep}`;
  const mark = marked(looks[outcome], outcome === 'failed' ? 'FAILED' : outcome);
  const text = `${padded(mark, outcomeChars)}  ${whatOf(line)}: ${result}${next}`;
  return [wrapped(text, columns, ' '.repeat(outcomeChars + 2))];
}

/** The check, and the business unit that it is of. */
function whatOf({ check, accountId, businessUnit }: CheckedLine): string {
  if (accountId === null) return check;
  return businessUnit === null
    ? `${check} (${accountId})`
    : `${check}, ${accountText([{ accountId, name: businessUnit }], accountId)}`;
}

function sentenceOf(failures: number, checks: number): string {
  const all = `${checks} ${checks === 1 ? 'check' : 'checks'}`;
  return failures === 0 ? `${all}, none failed` : `${all}, ${failures} failed`;
}
