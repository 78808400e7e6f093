import { checkoutCliPath, runCli } from '../../support/program/cli.ts';

it('the demo runs from a checkout to its end, and finds all that the simulator has', async () => {
  const end = await runCli(['demo'], {}, { isOwnProcess: true, program: checkoutCliPath });
  expect(end.code).toBe(0);
  expect(end.stdout).toContain('sync 1 completed');
  expect(end.stdout).toMatch(/^Yes: [\d,]+ events in the tables, equal to what the simulator holds$/mu);
});
