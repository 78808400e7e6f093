import { StoreUnavailableError } from '../../../src/errors.ts';
import { rememberSecret } from '../../../src/known-secrets.ts';
import { printableText } from '../../../src/printable.ts';
import { openLogLines } from '../../../src/cli/terminal/log-lines.ts';
import { createLogger } from '../../../src/logger.ts';
import { secret } from '../../../src/config/setting-kinds.ts';

async function logged(fields: Record<string, unknown>, message = 'page committed'): Promise<string> {
  const lines: string[] = [];
  const logger = await createLogger({
    level: 'info',
    destination: { write: (line) => lines.push(line) },
  });
  logger.info(fields, message);
  return lines.join('');
}

describe('createLogger', () => {
  it.each([
    { accessToken: 'hunter2' },
    { request: { headers: { authorization: 'hunter2' } } },
    { SFMC_CLIENT_SECRET: 'hunter2' },
    { subscriberKey: 'hunter2@example.com' },
    { subscriber_keys: ['hunter2'] },
    { url: 'postgres://me:hunter2@db.example.com/x' },
    { header: 'Bearer hunter2hunter2' },
    { secretThing: secret('a secret').read('hunter2') },
  ])('writes no secret of %o', async (fields) => {
    expect(await logged(fields)).not.toContain('hunter2');
  });

  it('writes no secret that stands in the message itself', async () => {
    expect(await logged({}, 'connecting to postgres://me:hunter2@db')).not.toContain('hunter2');
  });

  it('writes no secret that a text from outside quotes', async () => {
    rememberSecret('a-token-of-an-hour');
    const line = await logged({ reason: 'bad token a-token-of-an-hour' }, 'fault a-token-of-an-hour');
    expect(line).not.toContain('a-token-of-an-hour');
  });

  it('writes nothing that a terminal obeys, as JSON and for people', async () => {
    const lines: string[] = [];
    const output = { write: (line: string) => lines.push(line) };
    const people = openLogLines(output);
    const destination = {
      write(line: string) {
        output.write(line);
        people.write(line);
      },
    };
    const logger = await createLogger({ level: 'info', destination });
    const hostile = 'x\u001b[2J\u009b1m\u202e';
    logger.info({ reason: hostile, [hostile]: 1, list: [hostile] }, hostile);
    expect(lines).toHaveLength(2);
    expect(lines.join('')).toBe(printableText(lines.join('')));
  });

  it('keeps ids, counts and instants', async () => {
    const line: unknown = JSON.parse(await logged({ jobId: 7, tokenExpiresAt: '2026-07-01', records: 2500 }));
    expect(line).toMatchObject({
      level: 'info',
      jobId: 7,
      tokenExpiresAt: '2026-07-01',
      records: 2500,
      msg: 'page committed',
    });
  });

  it('writes our errors by code and context, without a stack', async () => {
    const line = await logged({ error: new StoreUnavailableError('gone', { taskId: 3 }) });
    expect(JSON.parse(line)).toMatchObject({
      error: { code: 'STORE_UNAVAILABLE', message: 'gone', taskId: 3 },
    });
    expect(line).not.toContain('stack');
  });
});
