import { openSftp, type SftpOptions } from '../../tracking-extract/sftp/open-sftp.ts';
import { type Examination, ok } from './check.ts';

/** The server of extract files: its key, the sign-in, the folder. Fetches nothing. */
export async function examineSftp(
  examination: Examination,
  readOptions: () => SftpOptions,
  signal: AbortSignal,
): Promise<void> {
  await examination.check('SFTP', async () => {
    const options = readOptions();
    const { host, port, username, folder } = options.address;
    const session = await openSftp(options, signal);
    session.close();
    return ok(`${username} may read ${folder} on ${host}:${port}, whose key is the pinned one`);
  });
}
