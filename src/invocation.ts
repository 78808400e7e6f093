import { isCheckout } from './places.ts';

/**
 * How a person calls this program: in a checkout, which runs the sources, `sfmc-tracking` is no command.
 */
export const program = isCheckout ? 'npm run --silent cli --' : 'sfmc-tracking';
