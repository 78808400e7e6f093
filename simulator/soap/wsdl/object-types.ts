import { objectTypes, propertiesOf, type PropertyTruth } from '../objects.ts';
import { optional } from './schema-text.ts';

// What every object begins with, in this order.
const headNames = new Set(['PartnerKey', 'CreatedDate', 'ModifiedDate', 'ID', 'ObjectID']);

/** The type of one object, which extends `APIObject`. */
export function objectType(name: string): string {
  const own = (propertiesOf(name) ?? []).filter(
    (property) =>
      !headNames.has(property.name) && !property.isPartner && !property.name.startsWith('Client.'),
  );
  const elements = Map.groupBy(own, ({ name: path }) => path.split('.')[0] ?? path);
  const sequence = [...elements].map(([element, [first]]) =>
    first?.name.includes('.') === true
      ? optional(element, `${element}Reference`)
      : optional(element, first === undefined ? 'xs:string' : typeOf(first), true),
  );
  return `      <xs:complexType name="${name}"><xs:complexContent><xs:extension base="APIObject"><xs:sequence>
        ${sequence.join('\n        ')}
      </xs:sequence></xs:extension></xs:complexContent></xs:complexType>`;
}

/** The objects inside of others: their properties in the order in which any object has them. */
export function nestedTypes(): string {
  const nested = objectTypes()
    .flatMap((name) => propertiesOf(name) ?? [])
    .filter(({ name }) => name.includes('.'));
  const byParent = Map.groupBy(nested, ({ name }) => name.split('.')[0] ?? '');
  return [...byParent].map(([parent, properties]) => nestedType(parent, properties)).join('\n');
}

function nestedType(parent: string, properties: readonly PropertyTruth[]): string {
  const types = new Map(properties.map((property) => [property.name.split('.')[1] ?? '', typeOf(property)]));
  types.delete('PartnerKey');
  types.delete('ObjectID');
  const elements = [...types].flatMap(([name, type]) => [
    optional(name, type),
    // It follows the ID, where there is one.
    ...(name === 'ID' ? [optional('ObjectID', 'xs:string', true)] : []),
  ]);
  const objectId = types.has('ID') ? [] : [optional('ObjectID', 'xs:string', true)];
  return `      <xs:complexType name="${parent}Reference"><xs:sequence>
        ${[optional('PartnerKey', 'xs:string', true), ...objectId, ...elements].join('\n        ')}
      </xs:sequence></xs:complexType>`;
}

function typeOf({ dataType }: PropertyTruth): string {
  const types: Readonly<Record<string, string>> = {
    Int16: 'xs:short',
    Int32: 'xs:int',
    Int64: 'xs:long',
    Boolean: 'xs:boolean',
    DateTime: 'xs:dateTime',
  };
  return types[dataType] ?? 'xs:string';
}
