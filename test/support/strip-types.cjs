// jest runs what Node runs: the sources with their types stripped in place, so that lines and columns stay.
const { stripTypeScriptTypes } = require('node:module');

module.exports = { process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }) };
