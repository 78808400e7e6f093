import { namesPerson } from '../../../../src/pipeline/forget/names-person.ts';

const xml = (key: string, url = 'https://example.com/') =>
  `<Results><SubscriberKey>${key}</SubscriberKey><URL>${url}</URL></Results>`;

describe('namesPerson', () => {
  it.each([
    { name: 'a field of XML', record: xml('anna@one.example'), key: 'anna@one.example', is: true },
    {
      name: 'an address within a URL',
      record: xml('x', 'https://e.com/?m=anna%40one.example&a=1'),
      key: 'anna@one.example',
      is: true,
    },
    {
      name: 'an address that is the end of another',
      record: xml('joanna@one.example'),
      key: 'anna@one.example',
      is: false,
    },
    { name: 'a short key in its field', record: xml('7'), key: '7', is: true },
    { name: 'a short key within another value', record: xml('17', 'https://e.com/7'), key: '7', is: false },
    { name: 'a key with characters that XML escapes', record: xml('a&amp;b'), key: 'a&b', is: true },
  ])('$name: $is', ({ record, key, is }) => {
    expect(namesPerson({ record, delimiter: null }, key)).toBe(is);
  });

  it.each([
    { record: 'SendID,SubscriberKey\n12,7', key: '7', is: true },
    { record: 'SendID,SubscriberKey\n12,"7"', key: '7', is: true },
    { record: 'SendID,SubscriberKey\n127,8', key: '7', is: false },
    { record: 'SendID,SubscriberKey\n1,2,broken "anna@one.example', key: 'anna@one.example', is: true },
  ])('of a line, $record names $key: $is', ({ record, key, is }) => {
    expect(namesPerson({ record, delimiter: ',' }, key)).toBe(is);
  });
});
