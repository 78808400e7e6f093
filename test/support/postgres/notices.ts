/**
 * Keeps what a migration tells of its own database. Logins are of the whole server: those of tests that run at the same
 * time get settings in this database as well, and are left out.
 */
export function collectNotices(): { readonly notices: string[]; readonly onNotice: (line: string) => void } {
  const notices: string[] = [];
  return {
    notices,
    onNotice: (line) => {
      if (!line.includes(' of login ')) notices.push(line);
    },
  };
}
