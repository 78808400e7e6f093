import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { ConfigInvalidError } from '../../errors.ts';
import { makeFolder } from '../../make-folder.ts';
import { systemCode } from '../../system-code.ts';

/** Files of the embedded Postgres; all are below `root`. */
export interface DataDir {
  root: string;
  cluster: string;
  log: string;
  password: string;
  port: string;
  keep: string;
  lock: string;
}

export interface ServerAccount {
  name: string;
  uid: number;
  gid: number;
}

const wayOut = 'choose another folder, or set DATABASE_URL to a Postgres of your own';

/** Returns the paths of a data directory's files; changes nothing on the disk. */
export function locateDataDir(dataDir: string): DataDir {
  const root = fs.existsSync(dataDir) ? fs.realpathSync(dataDir) : path.resolve(dataDir);
  const file = (name: string) => path.join(root, name);
  return {
    root,
    cluster: file('postgres'),
    log: file('postgres.log'),
    password: file('postgres.password'),
    port: file('postgres.port'),
    keep: file('postgres.keep'),
    lock: file('postgres.lock'),
  };
}

/**
 * Creates the data directory if needed and checks that it can be used. No other directory is tried.
 *
 * @throws {ConfigInvalidError} one line that names DATA_DIR and what to do.
 */
export function prepareDataDir(dataDir: string): DataDir {
  refusePseudoFileSystem(path.resolve(dataDir));
  try {
    // The server may run as another user, who must be able to enter. The cluster itself has mode 700.
    makeFolder(path.resolve(dataDir), 0o755);
    fs.accessSync(dataDir, fs.constants.W_OK | fs.constants.X_OK);
  } catch (error) {
    throw new ConfigInvalidError(
      `DATA_DIR: ${path.resolve(dataDir)} is not a folder that can be written (${systemCode(error)}): ${wayOut}`,
      { variable: 'DATA_DIR' },
      { cause: error },
    );
  }
  const dir = locateDataDir(dataDir);
  refuseWritableByOthers(dir);
  return dir;
}

/** Before anything is created. */
function refusePseudoFileSystem(folder: string): void {
  const existing = nearestExisting(folder);
  const isPseudo = pseudoFileSystems.some((root) => existing === root || existing.startsWith(`${root}/`));
  if (isPseudo && !existing.startsWith('/dev/shm'))
    throw refusal(`${folder} is on a file system of the kernel, which keeps no files`);
}

const pseudoFileSystems = ['/proc', '/sys', '/dev'];

function nearestExisting(folder: string): string {
  if (fs.existsSync(folder)) return fs.realpathSync(folder);
  const parent = path.dirname(folder);
  return parent === folder ? folder : nearestExisting(parent);
}

/** In a folder that others can write, they could put links and files for us to follow. */
function refuseWritableByOthers({ root, cluster, log, password, port, keep, lock }: DataDir): void {
  const own = process.getuid?.();
  if (own === undefined) return;
  const { uid, mode } = fs.statSync(root);
  if (uid !== own && uid !== 0)
    throw refusal(`${root} belongs to another user (uid ${uid}): run as that user`);
  if ((mode & 0o022) !== 0)
    throw refusal(`${root} can be written by other users: \`chmod go-w\` it, if what is in it is yours`);
  if (fs.lstatSync(cluster, { throwIfNoEntry: false })?.isSymbolicLink() === true)
    throw refusal(`${cluster} is a link: remove it`);

  for (const file of [log, password, port, keep, lock]) {
    const found = fs.lstatSync(file, { throwIfNoEntry: false });
    if (found !== undefined && (!found.isFile() || (found.uid !== own && found.uid !== 0)))
      throw refusal(`${file} is a link, or another user’s file: remove it`);
  }
}

/**
 * Chooses the user that runs the server: Postgres refuses to run as root and must own its files.
 *
 * @returns undefined when the server runs as the current user.
 */
export function chooseServerAccount(dir: DataDir): ServerAccount | undefined {
  const ownUid = process.getuid?.();
  if (ownUid === undefined) return undefined;
  const owner = fs.existsSync(dir.cluster) ? fs.statSync(dir.cluster) : undefined;
  if (ownUid !== 0) {
    if (owner && owner.uid !== ownUid)
      throw refusal(`${dir.cluster} belongs to another user (uid ${owner.uid}): run as that user`);

    return undefined;
  }
  const account = owner
    ? { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid }
    : unprivilegedAccount();
  const barrier = barrierBetween(account, dir.root);
  if (barrier !== undefined) {
    throw refusal(
      `${dir.root} cannot be reached by the user ${account.name}, who runs Postgres because root must not, ` +
        `as ${barrier} is closed to others: run as a user`,
    );
  }
  return account;
}

/** The password of the embedded server's superuser; created once, readable by its owner only. */
export function readPassword(dir: DataDir): string {
  if (!fs.existsSync(dir.password)) {
    if (fs.existsSync(dir.cluster))
      throw refusal(`${dir.password} is missing beside an existing database: put it back`);

    fs.writeFileSync(dir.password, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  }
  try {
    return fs.readFileSync(dir.password, 'utf8').trim();
  } catch (error) {
    throw refusal(`${dir.password} cannot be read (${systemCode(error)}): run as its owner`);
  }
}

function refusal(what: string): ConfigInvalidError {
  return new ConfigInvalidError(`DATA_DIR: ${what}, ${wayOut}`, { variable: 'DATA_DIR' });
}

function unprivilegedAccount(): ServerAccount {
  const accounts = fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
  const account =
    accounts.find(({ name }) => name === 'postgres') ??
    accounts.find(({ name }) => name === 'nobody') ??
    accounts[0];
  if (account) return account;
  throw new ConfigInvalidError(
    'DATABASE_URL: Postgres must not run as root and /etc/passwd names no other user: ' +
      'run as a user, or set DATABASE_URL',
    { variable: 'DATABASE_URL' },
  );
}

/** The first folder on the way down that the account may not enter. */
function barrierBetween(account: ServerAccount, folder: string): string | undefined {
  const parent = path.dirname(folder);
  const above = parent === folder ? undefined : barrierBetween(account, parent);
  if (above !== undefined) return above;
  const { mode, uid, gid } = fs.statSync(folder);
  const needed = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
  return (mode & needed) === 0 ? folder : undefined;
}
