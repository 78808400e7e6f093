/** Where files of extracts appear. */
export interface SftpAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string | undefined;
  readonly folder: string;
}

/** Reads `sftp://user[:password]@host[:port]/folder`; undefined where it is none. */
export function parseSftpUrl(text: string): SftpAddress | undefined {
  const url = URL.parse(text);
  if (url?.protocol !== 'sftp:' || url.username === '' || url.hostname === '') return undefined;
  const [username, password, folder] = [url.username, url.password, url.pathname].map(decoded);
  if (username === undefined || password === undefined || folder === undefined) return undefined;
  return {
    host: url.hostname.replace(/^\[|\]$/gu, ''),
    port: url.port === '' ? 22 : Number(url.port),
    username,
    password: password === '' ? undefined : password,
    // Marketing Cloud: extracts are moved to this folder.
    folder: folder === '' || folder === '/' ? '/Export' : folder.replace(/\/+$/u, ''),
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
