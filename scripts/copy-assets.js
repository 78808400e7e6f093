// Copies into dist/ what tsc leaves out: every file of src/ that is not TypeScript, SQL above all.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const target = process.argv[2] ?? path.join(root, 'dist');

fs.cpSync(path.join(root, 'src'), path.join(target, 'src'), {
  recursive: true,
  filter: (file) => fs.statSync(file).isDirectory() || !file.endsWith('.ts'),
});
