import { propertiesOf, type PropertyTruth } from './objects.ts';
import { RetrieveRefusal } from './refusals.ts';

/** The XML text of one property of a record, escaped; null where the record has no value. */
export type Getter<R> = (record: R) => string | null;

const nil = (name: string): string => `<${name} xsi:nil="true" />`;
const nothing = '';
// The ObjectID of all other objects here is nil.
const withObjectId = new Set(['TriggeredSendDefinition', 'TriggeredSendSummary', 'ExtractDescription']);
const headNames = new Set(['PartnerKey', 'CreatedDate', 'ModifiedDate', 'ID']);

/**
 * Makes the writer of one object type's `Results`: the requested properties in WSDL order.
 *
 * Marketing Cloud: what was not requested is absent, a missing value is absent (or nil for the few nillable
 * ones), `PartnerKey` and `ObjectID` are nil unrequested, deeper properties nest.
 *
 * @throws {RetrieveRefusal} naming every property that cannot be retrieved.
 */
export function compileRecord<R>(
  objectType: string,
  requested: readonly string[],
  getterOf: (property: string) => Getter<R>,
): (record: R) => string {
  const known = propertiesOf(objectType) ?? [];
  const unknown = requested.filter((name) => !known.some((property) => property.name === name));
  if (unknown.length > 0) {
    throw new RetrieveRefusal(
      `The Request Property(s) ${unknown.join(', ')} do not match with the fields of ${objectType} retrieve`,
    );
  }
  const wanted = known.filter(({ name }) => requested.includes(name) && name !== 'PartnerKey');
  const hasObjectId = withObjectId.has(objectType) && requested.includes('ObjectID');
  const isHead = ({ name, isPartner }: PropertyTruth): boolean =>
    isPartner || headNames.has(name) || name.startsWith('Client.');
  const isClient = ({ name }: PropertyTruth): boolean => name.startsWith('Client.');
  const shown = wanted.filter(({ name }) => name !== 'ObjectID');
  const objectId = getterOf('ObjectID');
  const writers = [
    ...groupsOf(shown.filter(isClient)).map((group) => writerOf(group, getterOf)),
    () => nil('PartnerKey'),
    ...groupsOf(shown.filter((one) => isHead(one) && !isClient(one))).map((group) =>
      writerOf(group, getterOf),
    ),
    hasObjectId ? (record: R) => `<ObjectID>${objectId(record) ?? ''}</ObjectID>` : () => nil('ObjectID'),
    ...groupsOf(shown.filter((one) => !isHead(one))).map((group) => writerOf(group, getterOf)),
  ];
  const start = `<Results xsi:type="${objectType}">`;
  return (record) => {
    let text = start;
    for (const write of writers) text += write(record);
    return `${text}</Results>`;
  };
}

/** Neighbours with the same first path step, which share one element. */
function groupsOf(properties: readonly PropertyTruth[]): PropertyTruth[][] {
  return [
    ...Map.groupBy(properties, ({ name }) => (name.includes('.') ? name.split('.')[0] : name)).values(),
  ];
}

function writerOf<R>(
  group: readonly PropertyTruth[],
  getterOf: (property: string) => Getter<R>,
): (record: R) => string {
  const [first] = group;
  if (first === undefined) return () => nothing;
  const [parent = '', child] = first.name.split('.');
  if (child !== undefined) return nestedWriter(parent, group, getterOf);
  const get = getterOf(first.name);
  const [open, close] = first.isPartner
    ? [`<PartnerProperties><Name>${first.name}</Name><Value>`, '</Value></PartnerProperties>']
    : [`<${first.name}>`, `</${first.name}>`];
  const missing = first.isNillable ? nil(first.name) : nothing;
  return (record) => {
    const text = get(record);
    return text === null ? missing : open + text + close;
  };
}

function nestedWriter<R>(
  parent: string,
  group: readonly PropertyTruth[],
  getterOf: (property: string) => Getter<R>,
): (record: R) => string {
  const isClient = parent === 'Client';
  const hasObjectId = group.some(({ name }) => name === `${parent}.ObjectID`);
  const children = group
    .map(({ name }) => ({ name: name.slice(parent.length + 1), get: getterOf(name) }))
    .filter(({ name }) => name !== 'PartnerKey');
  return (record) => {
    let text = '';
    for (const { name, get } of children) {
      const value = get(record);
      if (value === null) continue;
      text += `<${name}>${value}</${name}>`;
      if (name === 'ID' && !isClient && !hasObjectId) text += nil('ObjectID');
    }
    return text === '' ? nothing : `<${parent}>${isClient ? '' : nil('PartnerKey')}${text}</${parent}>`;
  };
}

const special = /[&<>\r]/;

/** Text content as .NET writes it: quotes stay, a carriage return becomes a reference. */
export function escapeText(text: string): string {
  if (!special.test(text)) return text;
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#xD;');
}
