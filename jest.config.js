/** One runner, three tiers: `--selectProjects unit`, `integration`, `acceptance`, and `contract`. */
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '<rootDir>/test/support/strip-types.cjs' },
};
const withDatabase = {
  ...shared,
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  setupFilesAfterEnv: ['<rootDir>/test/support/patience.cjs'],
};

export default {
  // Most tests wait for processes of their own: more of them than cores keep the cores at work.
  maxWorkers: 3,
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
    { ...withDatabase, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.test.ts'] },
    { ...withDatabase, displayName: 'contract', testMatch: ['<rootDir>/test/contract/**/*.test.ts'] },
    { ...withDatabase, displayName: 'acceptance', testMatch: ['<rootDir>/test/acceptance/**/*.test.ts'] },
  ],
};
