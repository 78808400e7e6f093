/** One runner, four tiers: `--selectProjects unit`, `integration`, `contract` and `acceptance`. */
const shared = {
  testEnvironment: '<rootDir>/test/support/jest/environment.cjs',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '<rootDir>/test/support/jest/strip-types.cjs' },
  setupFilesAfterEnv: ['<rootDir>/test/support/jest/time-limit.cjs'],
};
const withDatabase = {
  ...shared,
  globalSetup: '<rootDir>/test/support/jest/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/jest/global-teardown.ts',
};

export default {
  // Most tests wait for processes that they start, so more workers than cores keep the cores busy.
  maxWorkers: 4,
  testSequencer: '<rootDir>/test/support/jest/longest-tier-first.cjs',
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
    { ...withDatabase, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.test.ts'] },
    { ...withDatabase, displayName: 'contract', testMatch: ['<rootDir>/test/contract/**/*.test.ts'] },
    { ...withDatabase, displayName: 'acceptance', testMatch: ['<rootDir>/test/acceptance/**/*.test.ts'] },
  ],
};
