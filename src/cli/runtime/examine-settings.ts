import { loadConfig, type Config } from '../../config/config.ts';
import { ConfigInvalidError } from '../../errors.ts';
import { type Examination, failed, note, ok } from '../../operations/doctor/check.ts';
import { isScheduleExpression } from '../../operations/scheduler.ts';
import type { CommandContext } from '../context.ts';

/** All settings; where some are wrong, the others, so that what does not depend on the wrong ones is examined. */
export async function examineSettings(
  examination: Examination,
  { env, cwd }: CommandContext,
): Promise<{ config?: Config; hasAccount: boolean }> {
  const found: { config?: Config; hasAccount: boolean } = { hasAccount: false };
  const load = (texts: typeof env, needs: readonly 'marketing-cloud'[]) => {
    found.config = loadConfig(texts, { cwd, needs, isScheduleExpression });
    found.hasAccount = needs.length > 0;
  };
  await examination.check('settings', () => {
    try {
      load(env, ['marketing-cloud']);
    } catch (error) {
      if (!(error instanceof ConfigInvalidError)) throw error;
      loadOthers(env, error, load);
      return Promise.resolve(failed(problemsOf(error).join('; '), 'set them in the environment or in .env'));
    }
    const { warnings = [], cutValues = [] } = found.config ?? {};
    const doubts = [...warnings, ...cutValues];
    return Promise.resolve(
      doubts.length === 0 ? ok('complete, each of the expected form') : note(doubts.join('; ')),
    );
  });
  return found;
}

/** Loads what is right. Without a database's URL the embedded one would be examined, which is not meant. */
function loadOthers(
  env: CommandContext['env'],
  error: ConfigInvalidError,
  load: (texts: typeof env, needs: readonly 'marketing-cloud'[]) => void,
): void {
  const names = problemsOf(error).flatMap((line) => /^[A-Z][A-Z_]+/u.exec(line) ?? []);
  if (names.includes('DATABASE_URL')) return;
  const others = { ...env, ...Object.fromEntries(names.map((name) => [name, ''])) };
  for (const needs of [['marketing-cloud'], []] as const) {
    try {
      load(others, needs);
      return;
    } catch (thrown) {
      if (!(thrown instanceof ConfigInvalidError)) throw thrown;
    }
  }
}

function problemsOf({ message, context }: ConfigInvalidError): string[] {
  const { problems } = context;
  return Array.isArray(problems) ? problems.map(String) : [message];
}
