// Long files first, so that no worker runs one alone at the end. jest knows how long a file took only after it has run
// once on the machine, and goes by its size before that; the tier says more, and so do the names of the longest.
const { default: Sequencer } = require('@jest/test-sequencer');

const tiers = ['acceptance', 'integration', 'contract', 'unit'];
/**
 * Those that waited or computed longest when all files ran on a quiet machine, whatever their tier. One that waits and
 * one that computes take turns, so that the cores are never left to those that wait.
 */
const longest = [
  ...['acceptance/files/extract', 'acceptance/faults/every-first-page'],
  ...['acceptance/interruptions/machines-vanish', 'acceptance/interruptions/crash'],
  ...['acceptance/responses/gate', 'acceptance/interruptions/resume'],
  ...['integration/store/connection/connecting', 'acceptance/interruptions/chaos'],
  ...['acceptance/faults/token', 'acceptance/faults/first-page', 'acceptance/terminal/terminal'],
  ...['acceptance/interruptions/database-failures', 'acceptance/service/status-page'],
  ...['acceptance/service/operations', 'acceptance/faults/last-page', 'acceptance/faults/middle-page'],
  ...['acceptance/faults/job-list', 'acceptance/faults/system-status', 'acceptance/files/import'],
  ...['integration/bi/erase-person', 'acceptance/package/package', 'acceptance/package/docs-site'],
  ...['acceptance/responses/wrong-address', 'acceptance/side-by-side/clocks'],
].map((name) => `/${name}.test.ts`);

const tierOf = ({ context }) => tiers.indexOf(context.config.displayName?.name);

/** From the longest on; the others after them. */
const rankOf = ({ path }) => {
  const at = longest.findIndex((name) => path.replaceAll('\\', '/').endsWith(name));
  return at === -1 ? longest.length : at;
};

module.exports = class LongestTierFirst extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort(
      (one, other) => rankOf(one) - rankOf(other) || tierOf(one) - tierOf(other),
    );
  }
};
