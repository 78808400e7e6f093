import fc from 'fast-check';
import sax from 'sax';
import {
  type Credential,
  writeContinue,
  writeEnvelope,
  writeRetrieve,
  writeSystemStatus,
} from '../../../../src/marketing-cloud/request/envelope.ts';
import {
  type Filter,
  type FilterValue,
  writeFilter,
} from '../../../../src/marketing-cloud/request/filter.ts';
import { thrownBy } from '../thrown-by.ts';

const url = 'https://mc.soap.marketingcloudapis.com/Service.asmx';
const oauth: Credential = { kind: 'oauth', token: 'token-1' };
const request = { objectType: 'SentEvent', properties: ['Client.ID', 'SendID'], pageSize: 2500 };
const window: Filter = {
  and: [
    { property: 'SendID', operator: 'equals', values: [1543790] },
    {
      property: 'EventDate',
      operator: 'between',
      values: [new Date('2024-07-10T06:00:00.250Z'), new Date('2024-07-11T06:00:00.250Z')],
    },
  ],
};

/** Element names and texts in document order, by a parser that is not ours. */
function read(xml: string): { names: string[]; texts: string[] } {
  const parser = new sax.SAXParser(true, { xmlns: true });
  const names: string[] = [];
  const texts: string[] = [];
  let current = '';
  parser.onopentag = (tag) => {
    names.push('local' in tag ? tag.local : tag.name);
    current = '';
  };
  parser.ontext = (piece) => (current += piece);
  parser.onclosetag = () => {
    texts.push(current);
    current = '';
  };
  parser.onerror = (error) => {
    throw error;
  };
  parser.write(xml).close();
  return { names, texts };
}

describe('a Retrieve', () => {
  it('of an account and those below it says so after the filter, as does its continue request', () => {
    const body = { ...request, includesAccountsBelow: true };
    for (const xml of [writeRetrieve(body, window), writeContinue(body, 'r-1')])
      expect(xml).toMatch(/<\/(Filter|ContinueRequest)><QueryAllAccounts>true<\/QueryAllAccounts><Options>/u);

    expect(writeRetrieve(request, window)).not.toContain('QueryAllAccounts');
  });

  it('has its elements in the order of the schema, and a type on the filter and each operand', () => {
    expect(writeEnvelope('Retrieve', oauth, url, writeRetrieve(request, window))).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:par="http://exacttarget.com/wsdl/partnerAPI">' +
        '<soapenv:Header><fueloauth xmlns="http://exacttarget.com">token-1</fueloauth></soapenv:Header><soapenv:Body>' +
        '<RetrieveRequestMsg xmlns="http://exacttarget.com/wsdl/partnerAPI"><RetrieveRequest>' +
        '<ObjectType>SentEvent</ObjectType><Properties>Client.ID</Properties><Properties>SendID</Properties>' +
        '<Filter xsi:type="par:ComplexFilterPart"><LeftOperand xsi:type="par:SimpleFilterPart">' +
        '<Property>SendID</Property><SimpleOperator>equals</SimpleOperator><Value>1543790</Value></LeftOperand>' +
        '<LogicalOperator>AND</LogicalOperator><RightOperand xsi:type="par:SimpleFilterPart">' +
        '<Property>EventDate</Property><SimpleOperator>between</SimpleOperator>' +
        '<DateValue>2024-07-10T00:00:00-06:00</DateValue><DateValue>2024-07-11T00:00:01-06:00</DateValue>' +
        '</RightOperand></Filter><Options><BatchSize>2500</BatchSize></Options>' +
        '</RetrieveRequest></RetrieveRequestMsg></soapenv:Body></soapenv:Envelope>',
    );
  });

  it('continues with everything but the filter', () => {
    const { names, texts } = read(writeContinue({ ...request, clientId: 7000001 }, 'request-1'));
    expect(names.slice(2)).toEqual([
      'ClientIDs',
      'ID',
      'ObjectType',
      'Properties',
      'Properties',
      'ContinueRequest',
      'Options',
      'BatchSize',
    ]);
    expect(texts).toEqual(expect.arrayContaining(['7000001', 'request-1', '2500']));
  });

  it('asks for every object of the type without a filter', () => {
    expect(read(writeRetrieve(request)).names).not.toContain('Filter');
  });

  it('is refused without properties, since there is no wildcard', () => {
    expect(thrownBy(() => writeRetrieve({ ...request, properties: [] }, window))).toMatchObject({
      code: 'REQUEST_INVALID',
    });
  });
});

describe('a filter', () => {
  it('shifts July and January alike', () => {
    const at = (text: string): string =>
      writeFilter({ property: 'EventDate', operator: 'greaterThan', values: [new Date(text)] });
    expect(at('2024-07-01T12:00:00Z')).toContain('<DateValue>2024-07-01T06:00:00-06:00<');
    expect(at('2024-01-01T12:00:00Z')).toContain('<DateValue>2024-01-01T06:00:00-06:00<');
  });

  it.each<[Filter & { operator: string }]>([
    [{ property: 'ID', operator: 'equals', values: [] }],
    [{ property: 'ID', operator: 'between', values: [1] }],
    [{ property: 'ID', operator: 'IN', values: [1] }],
    [{ property: 'ID', operator: 'isNull', values: [1] }],
    [{ property: 'ID', operator: 'equals', values: [1.5] }],
    [{ property: 'ID', operator: 'equals', values: [Number.NaN] }],
    [{ property: 'ID', operator: 'equals', values: [new Date(Number.NaN)] }],
    [{ property: 'ID', operator: 'equals', values: [new Date(8.64e15)] }],
  ])('is refused when the server could not understand it: %j', (filter) => {
    expect(thrownBy(() => writeFilter(filter))).toMatchObject({ code: 'REQUEST_INVALID' });
  });
});

describe('WS-Security', () => {
  it('carries the user, the addressing blocks and the business unit', () => {
    const credential: Credential = { kind: 'usernameToken', username: 'api', password: 'p<w' };
    const { names, texts } = read(writeEnvelope('GetSystemStatus', credential, url, writeSystemStatus()));
    expect(names).toEqual([
      ...[
        'Envelope',
        'Header',
        'Action',
        'MessageID',
        'ReplyTo',
        'Address',
        'To',
        'Security',
        'UsernameToken',
      ],
      ...['Username', 'Password', 'Body', 'SystemStatusRequestMsg', 'Options'],
    ]);
    expect(texts).toEqual(expect.arrayContaining(['GetSystemStatus', url, 'api', 'p<w']));
  });
});

describe('a value', () => {
  const hostile = fc.string({
    unit: fc.oneof(
      fc.constantFrom('</Value>', '<', '&', ']]>', '<!--', '"', "'", '\r', '\n', '&#0;'),
      fc.string({ unit: 'grapheme' }),
    ),
  });
  const message = (text: string, value: FilterValue): string =>
    writeEnvelope(
      'Retrieve',
      { kind: 'oauth', token: text },
      url,
      writeRetrieve(
        { ...request, objectType: text },
        { property: text, operator: 'equals', values: [value] },
      ),
    );
  const shape = read(message('x', 'x')).names;

  it('never breaks out of its element and arrives as it was', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const { names, texts } = read(message(text, text));
        expect(names).toEqual(shape);
        expect(texts.filter((candidate) => candidate === text).length).toBeGreaterThanOrEqual(4);
        expect(read(writeContinue(request, text)).texts).toContain(text);
      }),
    );
  });

  it.each(['\u0000', '\u001B', '\uFFFF', '\uD800'])('is refused when XML cannot carry it: %j', (text) => {
    expect(thrownBy(() => message('x', `a${text}`))).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(thrownBy(() => writeContinue(request, text))).toMatchObject({ code: 'REQUEST_INVALID' });
  });
});
