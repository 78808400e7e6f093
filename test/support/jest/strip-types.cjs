// jest runs what Node runs: the sources with their types stripped in place, so that lines and columns stay.
const { stripTypeScriptTypes } = require('node:module');

// jest kills a worker that needs more than half a second to end, and says that something was left open. Freeing all
// contexts of a worker takes longer than that on a busy machine, so a worker with nothing left to do skips it.
process.once('beforeExit', () => process.exit());

module.exports = { process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }) };
