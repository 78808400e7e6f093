// Long files first, so that no worker runs one alone at the end. jest knows how long a file took only after it has run
// once on the machine, and goes by its size before that; the tier says more.
const { default: Sequencer } = require('@jest/test-sequencer');

const tiers = ['acceptance', 'integration', 'contract', 'unit'];
const tierOf = ({ context }) => tiers.indexOf(context.config.displayName?.name);

module.exports = class LongestTierFirst extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((one, other) => tierOf(one) - tierOf(other));
  }
};
