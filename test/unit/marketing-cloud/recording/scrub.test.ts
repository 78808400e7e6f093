import { createPseudonyms } from '../../../../src/marketing-cloud/recording/pseudonyms.ts';
import { scrubResponse } from '../../../../src/marketing-cloud/recording/scrub.ts';

const scrub = (body: string, pseudonyms = createPseudonyms()) =>
  scrubResponse(
    {
      ...{ url: 'https://example.com/Service.asmx', status: 200, isCut: false, body: Buffer.from(body) },
      headers: { 'content-type': 'text/xml', 'set-cookie': 'session=secret' },
    },
    pseudonyms,
  );

const record =
  '<Results xsi:type="ClickEvent" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Client><ID>7000001</ID></Client>' +
  '<SubscriberKey>anna@example.com</SubscriberKey><EventDate>2026-07-01T03:04:05.123</EventDate>' +
  '<URL>https://shop.example.com/?mail=anna@example.com</URL><SendID>815</SendID><IsMaster>true</IsMaster></Results>';

describe('scrubResponse', () => {
  it('keeps structure, types, instants and truth values', () => {
    const text = scrub(record);
    expect(text).toContain('<Results xsi:type="ClickEvent"');
    expect(text).toContain('<EventDate>2026-07-01T03:04:05.123</EventDate>');
    expect(text).toContain('<IsMaster>true</IsMaster>');
    expect(text).toMatch(/<SubscriberKey>\[text \d+, 16 characters\]<\/SubscriberKey>/u);
    expect(text).toMatch(/<SendID>9\d\d<\/SendID>/u);
  });

  it('leaves no person, id, address or cookie', () => {
    expect(scrub(record)).not.toMatch(/anna|shop|7000001|815|cookie|secret/u);
  });

  it('replaces equal values by equal ones, over all responses', () => {
    const pseudonyms = createPseudonyms();
    const idIn = (text: string) => /<RequestID>(.*)<\/RequestID>/u.exec(text)?.[1];
    const id = (digit: string) =>
      `<a><RequestID>${digit.repeat(8)}-1111-4111-8111-111111111111</RequestID></a>`;
    const [one, same, other] = ['1', '1', '2'].map((digit) => idIn(scrub(id(digit), pseudonyms)));
    expect(one).toMatch(/^0{8}-0000-4000-8000-\d{12}$/u);
    expect(same).toBe(one);
    expect(other).not.toBe(one);
  });

  it('keeps the texts of errors without what they quote', () => {
    const text = scrub(
      '<a><OverallStatus>Error: API Permission Failed for anna@example.com</OverallStatus></a>',
    );
    expect(text).toContain('Error: API Permission Failed');
    expect(text).not.toContain('anna');
  });

  it('keeps of a token response how long it lives, and its scopes', () => {
    const text = scrub(
      '{"access_token":"ey.secret","expires_in":1079,"scope":"email_read","rest_instance_url":"https://mc1"}',
    );
    expect(text).toContain('"expires_in": 1079');
    expect(text).toContain('"scope": "email_read"');
    expect(text).not.toMatch(/secret|mc1/u);
  });

  it.each([
    ['an attribute', '<a id="anna@example.com"/>'],
    ['a comment', '<a><!-- anna@example.com --></a>'],
    ['a section of character data', '<a><![CDATA[anna@example.com]]></a>'],
    ['a damaged document', '<a><b>anna@example.com</a>'],
    ['a page of a proxy', 'anna@example.com'],
    ['a name of an element', `<a><anna${'.'.repeat(60)}/></a>`],
    ['a name of a field', '{"anna@example.com":1}'],
  ])('leaves nothing of %s', (_, body) => {
    expect(scrub(body)).not.toContain('anna');
  });
});
