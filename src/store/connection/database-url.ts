const form = 'postgres://user:password@host:port/database';

const encoding =
  'in user and password write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, % as %25, a space as %20';

/** The modes that the driver knows. libpq's `allow` is not one of them. */
const sslModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/**
 * Says in one line what is wrong with a database URL; undefined if it can be used.
 *
 * Where a reserved character is not encoded, a piece of the password would be taken for host or port, and be looked
 * up in DNS and printed. So such a URL is refused before a connection is tried, and no part of it is repeated.
 */
export function findUrlProblem(url: string): string | undefined {
  const rest = /^postgres(?:ql)?:\/\/(?<rest>.+)$/isu.exec(url)?.groups?.['rest'];
  if (rest === undefined) return form;
  if (/[#\p{Cc}]/u.test(rest) || !isDecodable(rest)) return encoding;
  const [, authority = '', tail = ''] = /^([^/?]*)(.*)$/su.exec(rest) ?? [];
  if (authority.split('@').length > 2 || tail.includes('@')) return encoding;
  return findAddressProblem(authority) ?? findParameterProblem(tail);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function findAddressProblem(authority: string): string | undefined {
  const address = authority.slice(authority.indexOf('@') + 1);
  if (address.includes(',')) return oneHost;
  const [, host = '', , port] = /^(\[[^\]]*\]|[^:]*)(:(.*))?$/su.exec(address) ?? ['', ' '];
  if (!isPort(port)) return `the port must be a number from 1 to 65535; ${encoding}`;
  return host === '' || URL.canParse(`postgres://${host}/`) ? undefined : `${form}; ${encoding}`;
}

const oneHost = 'name one host: the primary server, or a session pooler in front of it';

function findParameterProblem(tail: string): string | undefined {
  const parameters = parametersOf(tail);
  if (parameters.get('host')?.includes(',') === true) return oneHost;
  if (!isPort(parameters.get('port') ?? undefined)) return 'port=… must be a number from 1 to 65535';
  const sslMode = parameters.get('sslmode');
  if (sslMode !== null && !sslModes.includes(sslMode)) return `sslmode must be one of ${sslModes.join(', ')}`;
  return undefined;
}

function parametersOf(urlOrTail: string): URLSearchParams {
  const start = urlOrTail.indexOf('?');
  return new URLSearchParams(start === -1 ? '' : urlOrTail.slice(start + 1));
}

function isPort(text: string | undefined): boolean {
  if (text === undefined || text === '') return true;
  return /^\d{1,5}$/u.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

/**
 * The URL for the driver. The driver checks the server's certificate for `prefer`, `require` and `verify-ca` as for
 * `verify-full`, with a warning of several lines; `sslrootcert=system` is not known to it, and is its default.
 */
export function urlForDriver(url: string): string {
  const parameters = parametersOf(url);
  if (parameters.get('uselibpqcompat') === 'true') return url;
  const mode = parameters.get('sslmode');
  if (mode !== null && ['prefer', 'require', 'verify-ca'].includes(mode))
    parameters.set('sslmode', 'verify-full');
  if (parameters.get('sslrootcert') === 'system') {
    parameters.delete('sslrootcert');
    parameters.set('sslmode', 'verify-full');
  }
  const query = parameters.toString();
  return `${url.split('?')[0] ?? ''}${query === '' ? '' : `?${query}`}`.replaceAll(' ', '%20');
}
