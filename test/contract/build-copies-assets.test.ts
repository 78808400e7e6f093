import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import { cliPath } from '../support/program/cli.ts';

it('the build takes every file of src along that is not TypeScript', () => {
  const built = path.join(path.dirname(cliPath), '..', 'dist');
  const assets = globSync('src/**/*.*').filter((file) => !file.endsWith('.ts'));
  expect(assets).toContain(path.join('src', 'bi', 'views', 'data-views', '_job.sql'));
  expect(assets.filter((file) => !existsSync(path.join(built, file)))).toEqual([]);
});
