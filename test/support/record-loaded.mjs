// Preloaded into a process by `--import`: writes the npm packages that it loaded to the file RECORD_PACKAGES_TO.
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const packages = new Set();

registerHooks({
  load(url, context, nextLoad) {
    const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//u.exec(url) ?? [];
    if (name !== undefined) packages.add(name);
    return nextLoad(url, context);
  },
});

process.on('exit', () => writeFileSync(process.env.RECORD_PACKAGES_TO, JSON.stringify([...packages])));
