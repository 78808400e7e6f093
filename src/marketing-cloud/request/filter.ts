import { centralTextFromInstant } from '../../columns/central-time.ts';
import { RequestInvalidError } from '../../errors.ts';
import { escapeXml, isXmlText } from './xml-text.ts';

/** A `Date` is written as a date; ids and text are written as plain values. */
export type FilterValue = string | number | bigint | Date;

// The WSDL's SimpleOperators as spelled there, without those for anniversaries and word search.
export type FilterOperator =
  | 'equals'
  | 'notEquals'
  | 'greaterThan'
  | 'lessThan'
  | 'greaterThanOrEqual'
  | 'lessThanOrEqual'
  | 'between'
  | 'IN'
  | 'like'
  | 'beginsWith'
  | 'endsWith'
  | 'contains'
  | 'isNull'
  | 'isNotNull';

export type Filter =
  | { readonly property: string; readonly operator: FilterOperator; readonly values: readonly FilterValue[] }
  | { readonly and: readonly [Filter, Filter] };

/**
 * Writes a filter as an element of the given name.
 *
 * Marketing Cloud: without `xsi:type` on the filter and on each operand it returns `Unknown filter of type
 * FilterPart encountered`. The envelope binds the prefix `par`.
 */
export function writeFilter(filter: Filter, element = 'Filter'): string {
  if ('and' in filter) {
    const [left, right] = filter.and;
    return (
      `<${element} xsi:type="par:ComplexFilterPart">${writeFilter(left, 'LeftOperand')}` +
      `<LogicalOperator>AND</LogicalOperator>${writeFilter(right, 'RightOperand')}</${element}>`
    );
  }
  requireValues(filter.operator, filter.values.length);
  const values = filter.values.filter((value) => !(value instanceof Date));
  const dates = filter.values.filter((value) => value instanceof Date);
  return (
    `<${element} xsi:type="par:SimpleFilterPart"><Property>${writeText(filter.property)}</Property>` +
    `<SimpleOperator>${filter.operator}</SimpleOperator>` +
    values.map((value) => `<Value>${writeValue(value)}</Value>`).join('') +
    dates
      .map((date, n) => `<DateValue>${writeInstant(date, isUpperBound(filter.operator, n))}</DateValue>`)
      .join('') +
    `</${element}>`
  );
}

/** Text for an envelope. @throws {RequestInvalidError} when XML cannot contain it. */
export function writeText(text: string): string {
  if (!isXmlText(text)) throw new RequestInvalidError('A value holds a character that XML cannot carry');
  return escapeXml(text);
}

/** Bounds are rounded outwards: an extra record is recognized by its identity, a missing one is lost. */
function writeInstant(instant: Date, isUpper: boolean): string {
  const text = centralTextFromInstant(instant, isUpper ? 'up' : 'down');
  if (text === undefined) throw new RequestInvalidError('A filter holds an impossible instant');
  return text;
}

function isUpperBound(operator: FilterOperator, position: number): boolean {
  return operator.startsWith('lessThan') || (operator === 'between' && position === 1);
}

function writeValue(value: FilterValue): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new RequestInvalidError('A filter holds a number that is no id');

  return writeText(String(value));
}

function requireValues(operator: FilterOperator, count: number): void {
  const isValid =
    operator === 'isNull' || operator === 'isNotNull'
      ? count === 0
      : operator === 'between'
        ? count === 2
        : operator === 'IN'
          ? count > 1
          : count === 1;
  // Marketing Cloud: an operator with missing values fails with a text about arrays that does not say so.
  if (!isValid) throw new RequestInvalidError(`The operator ${operator} cannot take ${count} values`);
}
