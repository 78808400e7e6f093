/**
 * Replaces values by others of the same form, equal ones by equal ones, so that a reader sees what recurs and not what
 * it was.
 */
export interface Pseudonyms {
  replace(value: string): string;
}

export function createPseudonyms(): Pseudonyms {
  const known = new Map<string, string>();
  return {
    replace(value) {
      const found = known.get(value);
      if (found !== undefined) return found;
      const replaced = isPlain(value) ? value : pseudonymOf(value, known.size + 1);
      known.set(value, replaced);
      return replaced;
    },
  };
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/u;
const uuid = /^(urn:uuid:)?[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/iu;

/** What says nothing of a person or an account: nothing, a truth value, zero, an instant. */
function isPlain(value: string): boolean {
  return value.trim() === '' || /^(true|false|0)$/iu.test(value) || instant.test(value);
}

function pseudonymOf(value: string, number: number): string {
  if (uuid.test(value)) {
    const prefix = value.startsWith('urn:') ? 'urn:uuid:' : '';
    return `${prefix}00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  }
  if (/^-?\d+$/u.test(value)) {
    const digits = String(number).padStart(value.replace('-', '').length - 1, '0');
    return `${value.startsWith('-') ? '-' : ''}9${digits}`;
  }
  return `[text ${number}, ${value.length} characters]`;
}
