#!/usr/bin/env -S node --max-semi-space-size=8 --max-old-space-size=256
import { enableCompileCache, findPackageJSON } from 'node:module';
import path from 'node:path';

// Compiling, and in a checkout stripping types, takes half the time of a short command. The cache lies beside the
// installed packages; where that folder is not writable, there is none.
const packageFile = findPackageJSON(import.meta.url);
if (packageFile !== undefined)
  enableCompileCache(path.join(path.dirname(packageFile), 'node_modules', '.cache', 'sfmc-tracking'));

await import('./command-line.ts');
