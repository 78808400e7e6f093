// Where a test file runs: in Node itself, as the program does, and in no context of its own. Nothing that a file changes
// of its process reaches the next one: globals, environment and folder are put back, commands that still run are ended.
const { flushCompileCache } = require('node:module');
const { executeAsAdmin } = require('../postgres/admin-connection.cjs');
const commandHosts = require('../program/command-hosts.cjs');

// They outlive a test file, and nothing but this reaches into it.
globalThis.sfmcTrackingCommandHosts = commandHosts;
globalThis.sfmcTrackingExecuteAsAdmin = executeAsAdmin;

/** Where jest's `expect`, which is loaded once, keeps its matchers. */
const matchers = Symbol.for('$$jest-matchers-object');

module.exports = class NodeItself {
  constructor() {
    /** Here jest puts its console; what it gives to tests comes by runtime.cjs. */
    this.global = {};
  }

  /** jest requires the method. */
  getVmContext() {
    return null;
  }

  async setup() {
    this.putBack = noteProcess();
    globalThis.console = this.global.console;
    // jest maps stacks to sources before a compiler; there is none.
    Error.prepareStackTrace = undefined;
  }

  async teardown() {
    await commandHosts.stopBusyHosts();
    this.putBack?.();
    // At the end jest gives a worker half a second to write what it compiled.
    flushCompileCache();
  }
};

/** Notes what a file could change; returns what puts it back. */
function noteProcess() {
  const globals = Object.getOwnPropertyDescriptors(globalThis);
  const env = { ...process.env };
  const folder = process.cwd();
  return () => {
    for (const name of Reflect.ownKeys(globalThis))
      if (!Object.hasOwn(globals, name) && name !== matchers) Reflect.deleteProperty(globalThis, name);
    Object.defineProperties(globalThis, globals);
    for (const name of Object.keys(process.env))
      if (!Object.hasOwn(env, name)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, env);
    process.chdir(folder);
  };
}
