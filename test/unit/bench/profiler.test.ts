import { isProfiled } from '../../../bench/report/profiler.ts';

const plain = { nodeArguments: [], nodeOptions: undefined, inspectorUrl: undefined };

it.each([
  '--cpu-prof',
  '--heap-prof',
  '--prof',
  '--perf-basic-prof',
  '--inspect',
  '--inspect-brk',
  '--inspect=0.0.0.0:9229',
])('a run with %s is profiled, as a flag and in NODE_OPTIONS', (flag) => {
  expect(isProfiled({ ...plain, nodeArguments: ['--disable-warning=ExperimentalWarning', flag] })).toBe(true);
  expect(isProfiled({ ...plain, nodeOptions: `--max-old-space-size=256  ${flag}` })).toBe(true);
});

it('a run to which a debugger was attached later is profiled', () => {
  expect(isProfiled({ ...plain, inspectorUrl: 'ws://127.0.0.1:9229/1' })).toBe(true);
});

it('other flags do not make a run a profiled one', () => {
  expect(isProfiled(plain)).toBe(false);
  const flags = ['--max-semi-space-size=8', '--no-inspect', '--inspect-port=0', '--profile-like'];
  expect(isProfiled({ ...plain, nodeArguments: flags, nodeOptions: '' })).toBe(false);
});
