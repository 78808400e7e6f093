import { findUrlProblem, urlForDriver } from '../../../../src/store/connection/database-url.ts';

describe('a database URL', () => {
  it.each([
    'postgres://me:secret@db.example.com:5432/shop',
    'postgresql://me:secret@db.example.com/shop',
    'POSTGRES://me@db.example.com',
    'postgres://me:se%40c%23r%2Fet@127.0.0.1:5432/shop?sslmode=verify-full&sslrootcert=/etc/ca.crt',
    'postgres://me:a:b@[::1]:5432/shop',
    'postgres:///shop?host=/var/run/postgresql',
    'postgres://me:secret@%2Fvar%2Frun%2Fpostgresql/shop',
    'postgres://me:secret@/shop?host=/var/run/postgresql',
    'postgres://me:two words@db.example.com/shop?application_name=my app',
    'postgres://me:secret@pooler.example.com:6543/shop?options=-c%20search_path%3Dpublic',
  ])('is accepted: %s', (url) => {
    expect(findUrlProblem(url)).toBeUndefined();
  });

  const mustEncode = /%40.*%2F.*%23/u;
  it.each([
    ['# in the password', 'postgres://me:se#cret@db.example.com/shop', mustEncode],
    ['@ in the password', 'postgres://me:se@cret@db.example.com/shop', mustEncode],
    ['@ and / in the password', 'postgres://me:se@cr/et@db.example.com/shop', mustEncode],
    ['@ and ? in the password', 'postgres://me:se@cr?et@db.example.com/shop', mustEncode],
    ['/ in the password', 'postgres://me:se/cret@db.example.com/shop', mustEncode],
    ['digits and / in the password', 'postgres://me:123/secret@db.example.com/shop', mustEncode],
    ['% in the password', 'postgres://me:100%secret@db.example.com/shop', mustEncode],
    ['bytes that are no text', 'postgres://me:%ff%fe@db.example.com/shop', mustEncode],
    ['a line break in the password', 'postgres://me:se\ncret@db.example.com/shop', mustEncode],
    ['a password that was cut at #', 'postgres://me:secret', /port.*%23/u],
    ['several hosts', 'postgres://me:secret@one.example.com,two.example.com:5433/shop', /one host/u],
    ['several hosts as a parameter', 'postgres://me:secret@/shop?host=one,two', /one host/u],
    ['a port that is no number', 'postgres://me:secret@db.example.com:54x2/shop', /port/u],
    ['a port that is too large', 'postgres://me:secret@db.example.com:65536/shop', /port/u],
    ['port 0', 'postgres://me:secret@db.example.com:0/shop', /port/u],
    ['a host with a space', 'postgres://me:secret@db example.com/shop', /host/u],
    ['another scheme', 'mysql://me:secret@db.example.com/shop', /^postgres:\/\/user/u],
    ['a mistyped sslmode', 'postgres://me:secret@db.example.com/shop?sslmode=requier', /verify-full/u],
  ])('is refused without a piece of it, for %s', (_what, url, says) => {
    const problem = findUrlProblem(url) ?? '';
    expect(problem).toMatch(says);
    expect(problem).not.toMatch(/secret|cret\b|example\.com|\bse\b|requier/u);
    expect(problem).not.toContain('\n');
  });
});

describe('the URL for the driver', () => {
  it.each([
    ['?sslmode=require', '?sslmode=verify-full'],
    ['?sslmode=verify-ca&sslrootcert=/ca.crt', '?sslmode=verify-full&sslrootcert=%2Fca.crt'],
    ['?sslmode=disable', '?sslmode=disable'],
    ['?sslmode=no-verify', '?sslmode=no-verify'],
    ['?sslrootcert=system', '?sslmode=verify-full'],
    ['?sslmode=require&uselibpqcompat=true', '?sslmode=require&uselibpqcompat=true'],
    ['', ''],
  ])('has for %s the parameters %s', (given, expected) => {
    const url = 'postgres://me:se%40cret@db.example.com:5432/shop';
    expect(urlForDriver(`${url}${given}`)).toBe(`${url}${expected}`);
  });
});
