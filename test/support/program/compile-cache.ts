import path from 'node:path';

/**
 * Lets a Node that a test starts with TypeScript keep what its modules compiled to where the tests keep theirs: to strip and compile
 * them takes most of the CPU of a short process.
 */
export const compileCache = {
  NODE_COMPILE_CACHE: path.join(
    ...[import.meta.dirname, '..', '..', '..'],
    ...['node_modules', '.cache', 'sfmc-tracking'],
  ),
};
