#!/usr/bin/env -S node --max-semi-space-size=8 --max-old-space-size=256
import { enableCompileCache, findPackageJSON } from 'node:module';
import path from 'node:path';

// Compiling, and from source stripping types, is half of a short command. Kept beside what npm installed; where
// nothing may be written there, nothing is kept.
const packageFile = findPackageJSON(import.meta.url);
if (packageFile !== undefined)
  enableCompileCache(path.join(path.dirname(packageFile), 'node_modules', '.cache', 'sfmc-tracking'));

await import('./command-line.ts');
