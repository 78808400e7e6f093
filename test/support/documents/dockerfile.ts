import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** What the last stage says of how its image is run. */
export interface Image {
  /** The folder that is the image's root. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
}

export interface BuildOptions {
  readonly dockerfile: string;
  /** The build's context; `.dockerignore` there says what it has. */
  readonly context: string;
  /** Each stage becomes a folder in it. */
  readonly folder: string;
  /** Runs what a RUN says, in that folder. */
  readonly run: (command: string, cwd: string) => void;
}

/** Executes the steps of a Dockerfile in folders instead of containers: COPY, RUN, WORKDIR and ENV, stage by stage. */
export function buildInFolders({ dockerfile, context, folder, run }: BuildOptions): Image {
  const stages = new Map<string, string>();
  let image = emptyImage('');
  for (const { word, rest } of parseInstructions(fs.readFileSync(dockerfile, 'utf8'))) {
    const cwd = path.join(image.root, image.workdir);
    switch (word) {
      case 'FROM': {
        const root = path.join(folder, `stage-${stages.size}`);
        stages.set(/ AS (\w+)$/u.exec(rest)?.[1] ?? String(stages.size), root);
        fs.mkdirSync(root);
        image = emptyImage(root);
        break;
      }
      case 'WORKDIR':
        image = { ...image, workdir: rest };
        fs.mkdirSync(path.join(image.root, rest), { recursive: true });
        break;
      case 'COPY':
        copy(rest, cwd, { context, stages });
        break;
      case 'RUN':
        run(rest, cwd);
        break;
      default:
        image = { ...image, ...settingOf(word, rest, image) };
    }
  }
  return image;
}

function emptyImage(root: string): Image {
  return { root, workdir: '/', env: {}, user: 'root', entrypoint: [], command: [], healthcheck: [] };
}

function settingOf(word: string, rest: string, image: Image): Partial<Image> {
  const [name = '', value = ''] = rest.split('=');
  switch (word) {
    case 'ENV':
      return { env: { ...image.env, [name]: value } };
    case 'USER':
      return { user: rest };
    case 'ENTRYPOINT':
      return { entrypoint: wordsOf(rest) };
    case 'CMD':
      return { command: wordsOf(rest) };
    case 'HEALTHCHECK':
      return { healthcheck: wordsOf(rest.slice(rest.indexOf('CMD ') + 'CMD '.length)) };
    case 'EXPOSE':
      return {};
    default:
      throw new Error(`${word} is not known here`);
  }
}

function wordsOf(json: string): string[] {
  const words: unknown = JSON.parse(json);
  if (!Array.isArray(words)) throw new Error(`no list of words: ${json}`);
  return words.map(String);
}

function parseInstructions(text: string): Instruction[] {
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
  return lines
    .replaceAll(/\\\n\s*/gu, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [word = '', ...rest] = line.split(' ');
      return { word, rest: rest.join(' ') };
    });
}

interface Sources {
  readonly context: string;
  readonly stages: ReadonlyMap<string, string>;
}

/** A folder is copied with its content, as COPY does; a target that ends in a slash is a folder. */
function copy(rest: string, cwd: string, { context, stages }: Sources): void {
  const words = rest.split(' ');
  const stage = /^--from=(\w+)$/u.exec(words[0] ?? '')?.[1];
  const root = stage === undefined ? context : stages.get(stage);
  if (root === undefined) throw new Error(`COPY ${rest}: there is no such stage`);
  const target = words.at(-1) ?? '';
  for (const source of words.slice(stage === undefined ? 0 : 1, -1)) {
    if (stage === undefined && !isInContext(context, source))
      throw new Error(`COPY ${source}: .dockerignore leaves it out`);
    const from = path.join(root, source);
    const isIntoFolder = target.endsWith('/') && !fs.statSync(from).isDirectory();
    const to = path.join(cwd, target, isIntoFolder ? path.basename(source) : '');
    // What the context has must not change with the image; a stage is for nothing but to be copied from.
    if (stage === undefined) fs.cpSync(from, to, { recursive: true });
    else linkTree(from, to);
  }
}

/** The same files under another path as well: thousands, of the packages. */
function linkTree(from: string, to: string): void {
  if (!fs.lstatSync(from).isDirectory()) {
    fs.linkSync(from, to);
    return;
  }
  fs.mkdirSync(to, { recursive: true });
  for (const name of fs.readdirSync(from)) linkTree(path.join(from, name), path.join(to, name));
}

/** The file leaves out everything but what it names after an exclamation mark. */
function isInContext(context: string, source: string): boolean {
  const [all, ...exceptions] = fs
    .readFileSync(path.join(context, '.dockerignore'), 'utf8')
    .trim()
    .split('\n');
  if (all !== '*') throw new Error('.dockerignore does not begin with *');
  return exceptions.some((line) => source === line.slice(1) || source.startsWith(`${line.slice(1)}/`));
}

/** Runs it in a shell with this process's Node first in the path; fails with what it printed. */
export function runInShell(command: string, cwd: string): void {
  const env = { ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}` };
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}\n${stdout}${stderr}`);
}
