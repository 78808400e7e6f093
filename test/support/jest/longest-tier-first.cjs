// Long files first, so that no worker runs one alone at the end. jest knows how long a file took only after it has run
// once on the machine, and goes by its size before that; the tier says more, and so do the names of the longest.
const { default: Sequencer } = require('@jest/test-sequencer');

const tiers = ['acceptance', 'integration', 'contract', 'unit'];
/** Those that waited or computed longest when all files ran on a quiet machine. */
const longest = [
  ...['faults/every-first-page', 'interruptions/crash', 'files/extract', 'interruptions/chaos'],
  ...['responses/gate', 'interruptions/machines-vanish', 'interruptions/resume', 'faults/last-page'],
  ...['faults/token', 'interruptions/database-failures', 'faults/job-list', 'faults/middle-page'],
  ...['service/operations', 'faults/system-status', 'responses/wrong-address', 'faults/first-page'],
  ...['side-by-side/clocks', 'package/package'],
].map((name) => `/acceptance/${name}.test.ts`);

const tierOf = ({ context }) => tiers.indexOf(context.config.displayName?.name);

/** From the longest on; the others after them. */
const rankOf = ({ path }) => {
  const at = longest.findIndex((name) => path.replaceAll('\\', '/').endsWith(name));
  return at === -1 ? longest.length : at;
};

module.exports = class LongestTierFirst extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort(
      (one, other) => tierOf(one) - tierOf(other) || rankOf(one) - rankOf(other),
    );
  }
};
