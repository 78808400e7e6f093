import { testPageOnce } from '../../support/faults/page-once.ts';

testPageOnce('last');
