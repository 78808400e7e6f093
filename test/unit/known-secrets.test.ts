import { secret } from '../../src/config/setting-kinds.ts';
import { hideSecrets, rememberSecret } from '../../src/known-secrets.ts';

describe('a known secret', () => {
  it('is replaced wherever a text quotes it', () => {
    rememberSecret('a.token+(of)$1');
    expect(hideSecrets('bad a.token+(of)$1, I said a.token+(of)$1')).toBe(
      'bad [redacted], I said [redacted]',
    );
  });

  it('is known as soon as a setting holds it', () => {
    secret('a secret').read('a-client-secret');
    expect(hideSecrets('client_secret a-client-secret is wrong')).toBe('client_secret [redacted] is wrong');
  });

  it('is not replaced where it is a short word', () => {
    rememberSecret('sync');
    expect(hideSecrets('sync 1 completed')).toBe('sync 1 completed');
  });

  it('stays known for the tokens of hundreds of business units', () => {
    rememberSecret('the-first-of-them');
    for (let token = 0; token < 150; token += 1) rememberSecret(`token-number-${token}`);
    expect(hideSecrets('the-first-of-them')).toBe('[redacted]');
  });
});
