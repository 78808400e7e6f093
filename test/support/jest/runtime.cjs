// How jest loads test files: by Node's own loader, which strips types and keeps what it compiled. A worker loads the
// program once for all its files; jest's own loader loads all modules for each file, into a context without compiled code.
const { enableCompileCache } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const checkout = path.dirname(require.resolve('../../../package.json'));
enableCompileCache(path.join(checkout, 'node_modules', '.cache', 'sfmc-tracking'));

// jest kills a worker that needs more than half a second to end, and says that something was left open. Freeing all
// modules of a worker takes longer than that on a busy machine, so a worker with nothing left to do skips it.
process.once('beforeExit', () => process.exit());

const loaded = new Set();
const nothing = () => undefined;

module.exports = class NodeLoader {
  // What this loader has no part in: coverage, mocks, the bounds of a context.
  teardown = nothing;
  enterTestCode = nothing;
  leaveTestCode = nothing;
  getAllCoverageInfoCopy = nothing;
  getAllV8CoverageInfoCopy = nothing;

  unstable_shouldLoadAsEsm() {
    return true;
  }

  async unstable_importModule(file) {
    if (loaded.has(file)) throw new Error('Node loads a test file once in a process: start jest again');
    loaded.add(file);
    await import(pathToFileURL(file).href);
  }

  /** Of jest itself; what it keeps of one file's tests is not for the next one. */
  requireInternalModule(file) {
    delete require.cache[file];
    return require(file);
  }

  requireModule(file) {
    return require(file);
  }

  setGlobalsForRuntime(globals) {
    Object.assign(globalThis, globals);
  }

  getSourceMaps() {
    return new Map();
  }
};
