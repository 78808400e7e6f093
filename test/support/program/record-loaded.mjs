// Preloaded into a process by `--import`: writes the files that it loaded to the file RECORD_LOADED_TO.
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const files = new Set();

registerHooks({
  load(url, context, nextLoad) {
    if (url.startsWith('file:')) files.add(fileURLToPath(url));
    return nextLoad(url, context);
  },
});

process.on('exit', () => writeFileSync(process.env.RECORD_LOADED_TO, JSON.stringify([...files])));
