/* global jest */
// A safety net for a busy machine: no test depends on it, but one that hangs still ends. (jest reads `testTimeout`
// from the whole configuration only, not from one of its projects.)
jest.setTimeout(300_000);
