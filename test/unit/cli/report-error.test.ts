import { reportError } from '../../../src/cli/report-error.ts';
import { AccountRefusedError, ConfigInvalidError, StoreUnavailableError } from '../../../src/errors.ts';

function report(error: unknown): { code: number; text: string } {
  const lines: string[] = [];
  const code = reportError({ write: (line) => lines.push(line) }, error, 'db.example.com:5432');
  return { code, text: lines.join('') };
}

describe('reportError', () => {
  it.each([
    {
      says: 'sfmc-tracking: PAGE_SIZE is "0": …',
      error: new ConfigInvalidError('PAGE_SIZE is "0": …'),
      code: 2,
    },
    {
      says: 'sfmc-tracking: SFMC_CLIENT_SECRET: refused',
      error: new AccountRefusedError('SFMC_CLIENT_SECRET: refused'),
      code: 3,
    },
    {
      says: 'sfmc-tracking: the database at db.example.com:5432 cannot be reached: connect ECONNREFUSED; check DATABASE_URL',
      error: new StoreUnavailableError('Postgres cannot be reached: connect ECONNREFUSED'),
      code: 2,
    },
  ])('says in one line, without a stack: $says', ({ says, error, code }) => {
    expect(report(error)).toEqual({ code, text: `${says}\n` });
  });

  it('keeps the stack of an error that is not ours, since that is a bug', () => {
    const { code, text } = report(new TypeError('x is not a function'));
    expect(code).toBe(3);
    expect(text).toMatch(/this is a bug[^]*TypeError: x is not a function\n {4}at /u);
  });

  it.each([
    ['EEXIST', 'a file of that name is there, where a folder is needed'],
    ['EACCES', 'this user has no right to it'],
    ['ENOSPC', 'the disk is full'],
  ])('says what is wrong with the machine in one line: %s', (errorCode, advice) => {
    const error = Object.assign(new Error(`${errorCode}: mkdir '/out'`), {
      code: errorCode,
      syscall: 'mkdir',
    });
    const text = `sfmc-tracking: ${errorCode}: mkdir '/out'; ${advice}\n`;
    expect(report(error)).toEqual({ code: 2, text });
  });

  it.each(['sftp://user[:password]@host[:port]/Export', 'postgres://user:password@host:port/database'])(
    'shows the form that is expected as it is: %s',
    (form) => {
      expect(report(new ConfigInvalidError(`X is not set: ${form}`)).text).toContain(form);
    },
  );

  it('prints no password that an error quotes in a URL', () => {
    expect(report(new Error('cannot parse postgres://me:hunter2@db/x')).text).not.toContain('hunter2');
  });
});
