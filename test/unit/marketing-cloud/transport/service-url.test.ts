import {
  isAllowedServiceUrl,
  isTrustedSoapUrl,
  joinUrl,
  soapEndpoint,
} from '../../../../src/marketing-cloud/transport/service-url.ts';

describe('where credentials may go', () => {
  it.each([
    'https://mc.soap.marketingcloudapis.com/',
    'http://127.0.0.1:8080',
    'http://localhost',
    'http://[::1]:1/x',
  ])('allows %s', (url) => expect(isAllowedServiceUrl(url)).toBe(true));

  it.each([
    'http://mc.soap.marketingcloudapis.com/',
    'http://127.0.0.1.example.com/',
    'http://localhost.example.com/',
    'http://10.0.0.1/',
    'https://user:secret@example.com/',
    'ftp://localhost/',
    'localhost:8080',
    '',
  ])('refuses %s', (url) => expect(isAllowedServiceUrl(url)).toBe(false));
});

describe('a SOAP service named by the token service', () => {
  const auth = 'https://mc.auth.marketingcloudapis.com';

  it('is trusted at the tenant’s own host', () => {
    expect(isTrustedSoapUrl('https://mc.soap.marketingcloudapis.com/', auth)).toBe(true);
  });

  it.each(['https://other.soap.marketingcloudapis.com/', 'https://webservice.s4.exacttarget.com'])(
    'is trusted at %s only where the token service is of no tenant',
    (url) => {
      expect(isTrustedSoapUrl(url, auth)).toBe(false);
      expect(isTrustedSoapUrl(url, 'https://auth.exacttargetapis.com')).toBe(true);
    },
  );

  it.each([
    'http://mc.soap.marketingcloudapis.com/',
    'https://soap.example.com/',
    'https://marketingcloudapis.com.example.com/',
    'https://notmarketingcloudapis.com/',
    'https://mc.soap.marketingcloudapis.com@example.com/',
    'http://127.0.0.1/',
    'file:///etc/passwd',
  ])('is not trusted at %s', (url) => expect(isTrustedSoapUrl(url, auth)).toBe(false));

  it('is not trusted where it is longer than any', () => {
    const url = `https://mc.soap.marketingcloudapis.com/${'/'.repeat(60_000)}x`;
    expect(isTrustedSoapUrl(url, auth)).toBe(false);
  });

  it('may be on this machine when the token service is', () => {
    expect(isTrustedSoapUrl('http://127.0.0.1:9000/', 'http://localhost:9000')).toBe(true);
  });
});

describe('joining', () => {
  it('puts one slash between base and path', () => {
    expect(joinUrl('https://a.example.com//', '/v2/token')).toBe('https://a.example.com/v2/token');
    expect(soapEndpoint('https://a.example.com')).toBe('https://a.example.com/Service.asmx');
    expect(soapEndpoint('https://a.example.com/')).toBe('https://a.example.com/Service.asmx');
    // By an expression that looks for slashes before the end, this took minutes.
    const many = `https://a.example.com/${'/'.repeat(1_000_000)}x`;
    expect(joinUrl(many, '/v2/token')).toBe(`${many}/v2/token`);
    expect(soapEndpoint('https://a.example.com/Service.asmx')).toBe('https://a.example.com/Service.asmx');
  });
});
