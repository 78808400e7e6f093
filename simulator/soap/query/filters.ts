import { fromClientText } from '../central-text.ts';
import type { PropertyTruth } from '../objects.ts';
import { RetrieveRefusal } from '../refusals.ts';
import type { FilterPart, SimpleFilter } from '../requests.ts';

/** A record's value for comparison: a number for ids and instants, else text; null where it has none. */
export type Cell = number | string | null;
type CellsOf = (property: string) => Cell;
type Predicate = (cells: CellsOf) => boolean;

/** A condition on one property, values already typed, ready to be evaluated or to narrow a search. */
export interface Condition {
  readonly property: string;
  readonly operator: string;
  readonly values: readonly (number | string)[];
}

export interface CompiledFilter {
  readonly matches: Predicate;
  /** Conditions that every match fulfils. */
  readonly required: readonly Condition[];
  /** The required conditions say all that the filter says. */
  readonly isConjunction: boolean;
  readonly propertyCount: number;
}

/**
 * Makes a filter ready for the records of one object type.
 *
 * @throws {RetrieveRefusal} for properties that do not filter, unknown operators and unreadable values.
 */
export function compileFilter(
  filter: FilterPart | undefined,
  properties: readonly PropertyTruth[],
  isBetweenInclusive: boolean,
): CompiledFilter {
  const seen = new Set<string>();
  const toCondition = (simple: SimpleFilter): Condition => {
    const property = properties.find((one) => one.name === simple.property);
    if (property?.isFilterable !== true)
      throw new RetrieveRefusal(`Invalid column name '${simple.property}'.`);
    seen.add(simple.property);
    const values = simple.values.map((text) => typed(text, property));
    return { property: simple.property, operator: simple.operator, values };
  };
  const compile = (part: FilterPart): Omit<CompiledFilter, 'propertyCount'> => {
    if (part.kind === 'simple') {
      const condition = toCondition(part);
      const test = compare(condition, isBetweenInclusive);
      return {
        matches: (cells) => test(cells(condition.property)),
        required: [condition],
        isConjunction: true,
      };
    }
    const operands = part.operands.map(compile);
    if (part.operator === 'OR') {
      return {
        matches: (cells) => operands.some((one) => one.matches(cells)),
        required: [],
        isConjunction: false,
      };
    }
    return {
      matches: (cells) => operands.every((one) => one.matches(cells)),
      required: operands.flatMap((one) => one.required),
      isConjunction: operands.every((one) => one.isConjunction),
    };
  };
  const whole =
    filter === undefined ? { matches: () => true, required: [], isConjunction: true } : compile(filter);
  return { ...whole, propertyCount: seen.size };
}

function typed(text: string, property: PropertyTruth): number | string {
  if (property.dataType === 'DateTime') {
    const instant = fromClientText(text);
    if (instant === undefined)
      throw new RetrieveRefusal('Conversion failed when converting date and/or time from character string.');

    return instant;
  }
  if (!property.dataType.startsWith('Int')) return property.dataType === 'Guid' ? text.toLowerCase() : text;
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value)) {
    throw new RetrieveRefusal(
      `Conversion failed when converting the nvarchar value '${text}' to data type int.`,
    );
  }
  return value;
}

/** Evaluates one condition as SQL Server would: text without regard to case, null matches nothing but isNull. */
function compare(condition: Condition, isBetweenInclusive: boolean): (cell: Cell) => boolean {
  const [first = '', second = ''] = condition.values;
  const ordered = (holds: (sign: number) => boolean): ((cell: Cell) => boolean) => {
    return (cell) => cell !== null && holds(signOf(cell, first));
  };
  switch (condition.operator) {
    case 'equals':
      return ordered((sign) => sign === 0);
    case 'notEquals':
      return ordered((sign) => sign !== 0);
    case 'greaterThan':
      return ordered((sign) => sign > 0);
    case 'greaterThanOrEqual':
      return ordered((sign) => sign >= 0);
    case 'lessThan':
      return ordered((sign) => sign < 0);
    case 'lessThanOrEqual':
      return ordered((sign) => sign <= 0);
    case 'between':
      return (cell) => {
        if (cell === null) return false;
        const [low, high] = [signOf(cell, first), signOf(cell, second)];
        return isBetweenInclusive ? low >= 0 && high <= 0 : low > 0 && high < 0;
      };
    case 'IN':
      return (cell) => cell !== null && condition.values.some((value) => signOf(cell, value) === 0);
    case 'isNull':
      return (cell) => cell === null;
    case 'isNotNull':
      return (cell) => cell !== null;
    case 'like':
    case 'contains':
      return (cell) =>
        String(cell ?? '')
          .toLowerCase()
          .includes(String(first).replaceAll('%', '').toLowerCase());
    default:
      throw new RetrieveRefusal(`Invalid argument for the ${condition.operator} operator.`);
  }
}

function signOf(cell: number | string, value: number | string): number {
  if (typeof cell === 'number' && typeof value === 'number') return cell - value;
  const [left, right] = [String(cell).toLowerCase(), String(value).toLowerCase()];
  return left < right ? -1 : left > right ? 1 : 0;
}
