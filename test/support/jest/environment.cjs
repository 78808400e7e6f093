// Jest's environment for Node, in a context whose globals are plain properties. Jest's own context asks a proxy each
// time a module uses a global, `Map` and `Number` included, which took half of the time of tests that compute.
const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');
const { executeAsAdmin } = require('../postgres/admin-connection.cjs');
const commandHosts = require('../program/command-hosts.cjs');

const { createContext } = vm;

module.exports = class PlainEnvironment extends TestEnvironment {
  constructor(config, context) {
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
    // They outlive a test file, and nothing but this reaches into it.
    this.global.sfmcTrackingCommandHosts = commandHosts;
    this.global.sfmcTrackingExecuteAsAdmin = executeAsAdmin;
  }

  async teardown() {
    await commandHosts.stopBusyHosts();
    await super.teardown();
  }
};
