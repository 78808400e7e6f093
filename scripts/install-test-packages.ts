// `npm run test:install`: installs the system packages that some integration tests need (Debian, Ubuntu).
import { spawnSync } from 'node:child_process';

/** PgBouncer, the ODBC driver of BI tools, a browser, promtool, a Postgres with pg_dump, sshd, a SOAP client: as Debian packages them. */
const packages = [
  ...['pgbouncer', 'unixodbc', 'odbc-postgresql', 'chromium', 'prometheus', 'postgresql'],
  ...['openssh-server', 'openssh-client', 'python3-zeep'],
];

function run(command: readonly string[]): void {
  const asRoot = process.getuid?.() === 0 ? command : ['sudo', '--non-interactive', ...command];
  const [program = '', ...args] = asRoot;
  const { status } = spawnSync(program, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status !== 0) throw new Error(`${asRoot.join(' ')} failed: install ${packages.join(', ')} by hand`);
}

run(['apt-get', 'update', '--quiet']);
run(['apt-get', 'install', '--yes', '--no-install-recommends', ...packages]);
