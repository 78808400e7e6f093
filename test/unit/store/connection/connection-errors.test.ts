import pg from 'pg';
import { ConfigInvalidError } from '../../../../src/errors.ts';
import {
  connectingErrorFrom,
  connectionErrorFrom,
} from '../../../../src/store/connection/connection-errors.ts';
import { storeErrorFrom } from '../../../../src/store/connection/pool.ts';

function nodeError(code: string, message = code): Error {
  return Object.assign(new Error(message), { code });
}

function serverError(code: string, message: string): Error {
  return Object.assign(new pg.DatabaseError(message, message.length, 'error'), { code });
}

interface Case {
  readonly name: string;
  readonly error: Error;
  readonly says: RegExp;
  readonly advises: RegExp;
}

const cases: readonly Case[] = [
  {
    name: 'a server without TLS',
    error: new Error('The server does not support SSL connections'),
    says: /TLS switched off/u,
    advises: /sslmode=disable/u,
  },
  {
    name: 'something that is no Postgres',
    error: new Error('There was an error establishing an SSL connection'),
    says: /no Postgres/u,
    advises: /port/u,
  },
  ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'].map(
    (code) => ({
      name: code,
      error: nodeError(code, 'self-signed certificate'),
      says: /not signed by an authority/u,
      advises: /sslrootcert=.*sslmode=no-verify/u,
    }),
  ),
  {
    name: 'a certificate for another name',
    error: nodeError('ERR_TLS_CERT_ALTNAME_INVALID', 'Hostname/IP does not match certificate’s altnames'),
    says: /another host name/u,
    advises: /name in the certificate/u,
  },
  {
    name: 'an expired certificate',
    error: nodeError('CERT_HAS_EXPIRED', 'certificate has expired'),
    says: /expired/u,
    advises: /clock/u,
  },
  {
    name: 'a missing password',
    error: new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
    says: /wants a password/u,
    advises: /after the user/u,
  },
  {
    name: 'a wrong password',
    error: serverError('28P01', 'password authentication failed for user "me"'),
    says: /refused the connection: password authentication failed/u,
    advises: /%40/u,
  },
  {
    name: 'a server that wants TLS',
    error: serverError('28000', 'no pg_hba.conf entry for host "1.2.3.4", user "me", no encryption'),
    says: /no pg_hba\.conf entry/u,
    advises: /sslmode=require/u,
  },
  {
    name: 'a missing user',
    error: serverError('28000', 'no PostgreSQL user name specified in startup packet'),
    says: /no PostgreSQL user/u,
    advises: /user/u,
  },
  {
    name: 'an unknown database',
    error: serverError('3D000', 'database "shop" does not exist'),
    says: /"shop" does not exist/u,
    advises: /create it/u,
  },
  {
    name: 'start-up options behind a pooler',
    error: serverError('08P01', 'unsupported startup parameter: options'),
    says: /unsupported/u,
    advises: /options=.*PGOPTIONS/u,
  },
  {
    name: 'a full server',
    error: serverError('53300', 'sorry, too many clients already'),
    says: /too many/u,
    advises: /free/u,
  },
  {
    name: 'a closed port',
    error: nodeError('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'),
    says: /127\.0\.0\.1:1/u,
    advises: /listens/u,
  },
  {
    name: 'a closed port at every address of a name',
    error: Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' }),
    says: /cannot be reached: ECONNREFUSED/u,
    advises: /listens/u,
  },
  {
    name: 'an unknown host',
    error: nodeError('ENOTFOUND', 'getaddrinfo ENOTFOUND db.example.com'),
    says: /db\.example\.com/u,
    advises: /DNS/u,
  },
  { name: 'no response', error: new Error('timeout expired'), says: /timeout/u, advises: /firewall/u },
];

describe('an error from connecting', () => {
  it.each(cases)('says what to do: $name', ({ error, says, advises }) => {
    for (const converted of [connectingErrorFrom(error), storeErrorFrom(error)]) {
      expect(converted).toMatchObject({ code: 'STORE_UNAVAILABLE', cause: error });
      expect(converted.message).toMatch(says);
      expect(converted.message).not.toContain('\n');
      const advice: unknown = expect.stringMatching(advises);
      expect(converted).toMatchObject({ context: { advice } });
    }
  });

  it.each([
    {
      name: 'a certificate file that is missing',
      error: nodeError('ENOENT', `ENOENT: no such file or directory, open '/nowhere/ca.crt'`),
      advises: /sslrootcert/u,
    },
    {
      name: 'too many open files',
      error: nodeError('EMFILE', 'connect EMFILE 127.0.0.1:5432'),
      advises: /ulimit/u,
    },
  ])('is distinguished from the same error elsewhere: $name', ({ error, advises }) => {
    const advice: unknown = expect.stringMatching(advises);
    expect(connectingErrorFrom(error).context).toMatchObject({ advice });
    expect(storeErrorFrom(error)).toBe(error);
  });

  it('is never a bug, even if nobody knows its text', () => {
    expect(connectingErrorFrom(new Error('the moon is full'))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: 'Postgres cannot be reached: the moon is full',
    });
  });

  it('stays what it is if it is ours already', () => {
    const ours = new ConfigInvalidError('DATABASE_URL is not accepted');
    expect(connectingErrorFrom(ours)).toBe(ours);
  });
});

it('does not take a refused row for a refused connection', () => {
  const error = serverError('23505', 'duplicate key value: (ECONNREFUSED does not support SSL connections)');
  expect(connectionErrorFrom(error)).toBeUndefined();
  expect(storeErrorFrom(error)).toMatchObject({ code: 'STORE_REJECTED' });
});
