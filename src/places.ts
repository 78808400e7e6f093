import path from 'node:path';

/** Whether the sources run: in a checkout, not in the package. */
export const isCheckout = import.meta.filename.endsWith('.ts');

/** The folder of `src/`, `migrations/` and `simulator/`: the checkout, or `dist/` of the package, whose files all lie in its `src/`. */
export const home = path.join(import.meta.dirname, '..');
