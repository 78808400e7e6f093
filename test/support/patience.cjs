/* global jest */
// Whole processes and databases on a busy machine take their time; a test that hangs still ends. (jest reads `testTimeout`
// from the whole configuration only, not from one of its projects.)
jest.setTimeout(120_000);
