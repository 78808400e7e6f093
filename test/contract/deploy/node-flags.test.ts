import fs from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..', '..', '..');
const textOf = (file: string): string => fs.readFileSync(path.join(root, file), 'utf8');

const firstLine = textOf('bin/sfmc-tracking.js').split('\n')[0] ?? '';
const [, variable = '', flags = ''] = /^#!\/usr\/bin\/env -S (\w+=\d+) node (.+)$/u.exec(firstLine) ?? [];

describe("the command's first line", () => {
  it('is as long as Linux before 5.1 reads it', () => {
    expect(Buffer.byteLength(firstLine)).toBeLessThanOrEqual(127);
  });

  it('starts Node as the image does', () => {
    const image = textOf('Dockerfile');
    const entry = flags.split(' ').map((flag) => `"${flag}"`);
    expect(image).toContain(`ENTRYPOINT ["node", ${entry.join(', ')}, "bin/sfmc-tracking.js"]`);
    expect(image).toMatch(new RegExp(`^ENV .*${variable}$`, 'mu'));
  });

  it('starts Node as `npm run cli` does', () => {
    expect(textOf('package.json')).toContain(
      `node scripts/bootstrap.js --runtime ${flags} bin/sfmc-tracking.js`,
    );
    const [name = '', value = ''] = variable.split('=');
    expect(textOf('scripts/bootstrap.js')).toContain(`${name}: '${value}'`);
  });
});
