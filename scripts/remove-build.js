// Removes dist/, so that a package holds nothing of an earlier build.
import fs from 'node:fs';
import path from 'node:path';

fs.rmSync(path.join(import.meta.dirname, '..', 'dist'), { recursive: true, force: true });
