import pg from 'pg';

/** Gives the value of one parameter. */
type ValueOf<Source> = (source: Source) => unknown;

/** The placeholder (`$1`) of a parameter, which is known by the function that gives its value. */
export type Placeholder<Source> = (valueOf: ValueOf<Source>) => string;

/** A statement and the values it is run with. */
export interface Statement<Source> {
  /** Under this name a connection prepares it once: planning would cost a small page more than loading it. */
  readonly name: string;
  readonly text: string;
  readonly values: (source: Source) => unknown[];
}

/**
 * Writes a statement. Its text names each parameter by the function that gives the value, so that numbers and
 * values cannot disagree; a parameter used twice is sent once.
 */
export function writeStatement<Source>(
  name: string,
  write: (placeholder: Placeholder<Source>) => string,
): Statement<Source> {
  const parameters: ValueOf<Source>[] = [];
  const text = write((valueOf) => {
    if (!parameters.includes(valueOf)) parameters.push(valueOf);
    return `$${parameters.indexOf(valueOf) + 1}`;
  });
  return { name, text, values: (source) => parameters.map((valueOf) => valueOf(source)) };
}

/**
 * Writes statements with the values in their text: several of them sent as one can have no parameters.
 *
 * @throws for a value that is neither text, number, boolean nor null.
 */
export function writeText<Source>(source: Source, write: (literal: Placeholder<Source>) => string): string {
  return write((valueOf) => literalOf(valueOf(source)));
}

function literalOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return pg.escapeLiteral(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`a literal is not made of ${typeof value}`);
}
