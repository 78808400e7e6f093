import { PipelineError } from '../../errors.ts';
import { redactText } from '../../logger.ts';
import { errorPolicy } from '../../pipeline/policy/error-policy.ts';

/**
 * `note`: nothing fails, but a person may want to know. `not checked`: what it depends on failed, or the configuration
 * has no use for it.
 */
export type Outcome = 'ok' | 'note' | 'failed' | 'not checked';

export interface Finding {
  readonly outcome: Outcome;
  /** One line. */
  readonly result: string;
  /** What a person does about it. */
  readonly nextStep?: string;
}

/** One line of the examination. */
export interface CheckedLine {
  readonly check: string;
  /** Null where the check is not of one business unit. */
  readonly accountId: number | null;
  /** Its name, where the database knows it. */
  readonly businessUnit: string | null;
  readonly outcome: Outcome;
  readonly result: string;
  readonly nextStep: string | null;
}

/** Where the results of an examination go, one after the other. */
export interface Examination {
  /** Executes a check; one that throws has failed. Returns whether it did not. */
  check(name: string, work: () => Promise<Finding>, accountId?: number): Promise<boolean>;
}

/** `onLine` takes each result as it arrives; `names` has the business units as far as they are known by then. */
export function createExamination(
  onLine: (line: CheckedLine) => void,
  signal: AbortSignal,
  names: ReadonlyMap<number, string>,
): Examination {
  return {
    async check(name, work, accountId) {
      signal.throwIfAborted();
      const finding = await work().catch((error: unknown) => {
        signal.throwIfAborted();
        return failedBy(error);
      });
      const { outcome, result, nextStep } = finding;
      onLine({
        check: name,
        accountId: accountId ?? null,
        businessUnit: (accountId === undefined ? undefined : names.get(accountId)) ?? null,
        outcome,
        result: redactText(result),
        nextStep: nextStep ?? null,
      });
      return outcome !== 'failed';
    },
  };
}

export function ok(result: string): Finding {
  return { outcome: 'ok', result };
}

export function note(result: string, nextStep?: string): Finding {
  return { outcome: 'note', result, ...(nextStep === undefined ? {} : { nextStep }) };
}

export function failed(result: string, nextStep: string): Finding {
  return { outcome: 'failed', result, nextStep };
}

export function notChecked(result: string): Finding {
  return { outcome: 'not checked', result };
}

/** What an error says, with the advice for its code. */
export function failedBy(error: unknown, nextStep?: string): Finding {
  if (!(error instanceof PipelineError)) {
    const text = error instanceof Error ? error.message : String(error);
    return failed(text, nextStep ?? 'this is a bug in sfmc-tracking: please report it');
  }
  const { code, message, context } = error;
  return failed(message, nextStep ?? context.advice ?? adviceFor(code));
}

/** The advice on tasks, without what holds for tasks only. */
function adviceFor(code: PipelineError['code']): string {
  return errorPolicy[code].advice
    .replace(/[,:]? ?(?:then )?`tasks retry`.*$/u, '')
    .replace(/^nothing to do: /u, '');
}
