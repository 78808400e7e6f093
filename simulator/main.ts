import { readFileSync } from 'node:fs';

import { Command, InvalidArgumentError, Option } from 'commander';

import { controlHelp } from './http/control.ts';
import { type FaultRule, parseFaultRules } from './faults/faults.ts';
import { type SimulatorOptions, startSimulator } from './http/server.ts';
import { usualMachines } from './world/default-jobs.ts';
import { type SimulatedEventType, simulatedEventTypes } from './world/truth.ts';
import { createWorld } from './world/world.ts';

interface CommandLine {
  readonly port: number;
  readonly host: string;
  readonly seed: number;
  readonly accounts: number[];
  readonly jobs: number;
  readonly events: number;
  readonly machines?: true;
  readonly without: SimulatedEventType[];
  readonly latencyMs: number;
  readonly pageSizeMax: number;
  readonly requestIds: 'same' | 'new';
  readonly resentContinue: 'repeats' | 'skips' | 'fails';
  readonly between: 'inclusive' | 'exclusive';
  readonly requestIdLifetimeSeconds: number;
  readonly tokenLifetimeSeconds: number;
  readonly faults?: FaultRule[];
  readonly extracts?: string;
  readonly json?: true;
}

const command = new Command()
  .name('simulate')
  .description(
    'A Salesforce Marketing Cloud that runs on this machine: token service and SOAP service over an invented\n' +
      'world of jobs and events, the same for the same seed and start. It lies where fault rules tell it to.\n' +
      'Prints the environment that points sfmc-tracking at it, then serves until SIGTERM or SIGINT.',
  )
  .option('--port <number>', 'port to listen on; 0 picks a free one', wholeNumber, 8081)
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--seed <number>', 'another seed, another world', wholeNumber, 1)
  .option(
    '--accounts <list>',
    'business units (MIDs), the first at the top',
    accountList,
    [7_000_001, 7_000_002],
  )
  .option('--jobs <number>', 'list sends per account', wholeNumber, 8)
  .option('--events <number>', 'mails per list send', wholeNumber, 1000)
  .option('--machines', 'scanners, sandboxes, privacy opens and double taps among the opens and clicks')
  .option(
    '--without <list>',
    'event types whose feature the accounts lack, such as survey,forward',
    typeList,
    [],
  )
  .option('--latency-ms <number>', 'wait before each response', wholeNumber, 0)
  .option('--page-size-max <number>', 'records per page, at most 2500', wholeNumber, 2500)
  .addOption(
    new Option('--request-ids <which>', 'one RequestID for all pages, or a new one with each page')
      .choices(['same', 'new'])
      .default('same'),
  )
  .addOption(
    new Option('--resent-continue <what>', 'what a RequestID does that was continued before (with new ones)')
      .choices(['repeats', 'skips', 'fails'])
      .default('skips'),
  )
  .addOption(
    new Option('--between <ends>', 'whether between includes its ends')
      .choices(['inclusive', 'exclusive'])
      .default('inclusive'),
  )
  .option('--request-id-lifetime-seconds <number>', 'unused RequestIDs are forgotten after', wholeNumber, 600)
  .option('--token-lifetime-seconds <number>', 'expires_in of tokens', wholeNumber, 1079)
  .option('--faults <file>', 'JSON file with fault rules', faultFile)
  .option('--extracts <folder>', 'where Tracking Extracts are written; without it the accounts have none')
  .option('--json', 'print the environment as one JSON object')
  .addHelpText('after', controlHelp)
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : 2);
  });

await main();

async function main(): Promise<void> {
  command.parse();
  const { port, host, ...line } = command.opts<CommandLine>();
  const world = createWorld({
    seed: line.seed,
    now: new Date(),
    accountIds: line.accounts,
    jobs: line.jobs,
    eventsPerJob: line.events,
    without: line.without,
    ...(line.machines === true ? { machines: usualMachines } : {}),
  });
  const { faults, extracts: folder, ...rest } = line;
  const options: SimulatorOptions = {
    ...rest,
    port,
    host,
    world,
    requestIdLifetimeMs: line.requestIdLifetimeSeconds * 1000,
    ...(faults === undefined ? {} : { faults }),
    ...(folder === undefined ? {} : { extracts: { folder } }),
  };
  const simulator = await startSimulator(options).catch((error: unknown) => {
    console.error(`The simulator cannot listen on ${host}:${port}: ${reasonOf(error)}`);
    process.exit(2);
  });
  const environment = simulator.environment();
  if (line.json === true) console.log(JSON.stringify(environment));
  else for (const [name, value] of Object.entries(environment)) console.log(`${name}=${value}`);

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      void simulator.stop().then(() => process.exit(0));
    });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isTaken = 'code' in error && error.code === 'EADDRINUSE';
  return isTaken
    ? 'the port is taken. Choose another with --port, or --port 0 for a free one.'
    : error.message;
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It should be a whole number, 0 or more.');
  return Number(text);
}

function accountList(text: string): number[] {
  const accounts = text.split(',').map((part) => Number(part.trim()));
  if (accounts.some((accountId) => !Number.isInteger(accountId) || accountId <= 0))
    throw new InvalidArgumentError('It should be MIDs, comma-separated, such as 7000001,7000002.');

  return accounts;
}

function typeList(text: string): SimulatedEventType[] {
  return text.split(',').map((part) => {
    const type = simulatedEventTypes.find((one) => one === part.trim());
    if (type === undefined)
      throw new InvalidArgumentError(`It should be some of ${simulatedEventTypes.join(', ')}.`);
    return type;
  });
}

function faultFile(path: string): FaultRule[] {
  try {
    return parseFaultRules(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}
