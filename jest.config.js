/** One runner, four tiers: `--selectProjects unit`, `integration`, `contract` and `acceptance`. */
const shared = {
  testEnvironment: '<rootDir>/test/support/jest/environment.cjs',
  runtime: '<rootDir>/test/support/jest/runtime.cjs',
  transform: {},
};
const withDatabase = {
  ...shared,
  globalSetup: '<rootDir>/test/support/jest/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/jest/global-teardown.ts',
};

export default {
  // Most tests wait for processes that they start, so more workers than cores keep the cores busy: one file uses a quarter
  // of a core.
  maxWorkers: 7,
  // A safety net for a busy machine: no test depends on it, but one that hangs still ends.
  testTimeout: 300_000,
  testSequencer: '<rootDir>/test/support/jest/longest-tier-first.cjs',
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
    { ...withDatabase, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.test.ts'] },
    { ...withDatabase, displayName: 'contract', testMatch: ['<rootDir>/test/contract/**/*.test.ts'] },
    { ...withDatabase, displayName: 'acceptance', testMatch: ['<rootDir>/test/acceptance/**/*.test.ts'] },
  ],
};
