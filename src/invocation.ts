/**
 * How a person calls this program: in a checkout, which runs the sources, `sfmc-tracking` is no command.
 */
export const program = import.meta.filename.endsWith('.ts') ? 'npm run --silent cli --' : 'sfmc-tracking';
