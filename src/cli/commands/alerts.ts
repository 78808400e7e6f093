import { hostname } from 'node:os';
import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';
import type { CommandContext, ExitCode } from '../context.ts';
import { printLines } from '../output.ts';

/** `alerts test`: whether alerts arrive where ALERT_WEBHOOK_URL points. */
export function addAlertsCommand(program: Command, run: Run): void {
  const alerts = program
    .command('alerts')
    .description('messages to ALERT_WEBHOOK_URL')
    .addHelpText('after', examples('alerts test'));
  alerts
    .command('test')
    .description('sends one message to ALERT_WEBHOOK_URL; exit code 1 if it is not accepted')
    .addHelpText('after', examples('alerts test'))
    .action(() => run(sendTest));
}

async function sendTest({ env, cwd, stdout, stderr, signals }: CommandContext): Promise<ExitCode> {
  const { loadConfig } = await import('../../config/config.ts');
  const { ConfigInvalidError, PipelineError } = await import('../../errors.ts');
  const { createWebhook } = await import('../../operations/alerts/webhook.ts');
  const { proxyOf } = await import('../runtime/composition/connect-accounts.ts');
  const config = loadConfig(env, { cwd });
  const url = config.alertWebhookUrl?.reveal();
  if (url === undefined)
    throw new ConfigInvalidError('ALERT_WEBHOOK_URL is not set: the https:// URL of an incoming webhook');

  try {
    await createWebhook({ url, proxy: proxyOf(config), host: hostname() }).send(
      ['Test: alerts arrive here.'],
      signals.drain,
    );
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    printLines(stderr, [`sfmc-tracking: no message arrived at ALERT_WEBHOOK_URL: ${error.message}`]);
    return 1;
  }
  printLines(stdout, ['the webhook accepted the message']);
  return 0;
}
