import type pg from 'pg';

/** What the driver's connection offers besides what its types say. */
interface CopyConnection extends pg.Connection {
  endCopyFrom(): void;
}

/** Of the protocol's message with a row: its values as text. */
interface DataRow {
  readonly fields: readonly (string | null)[];
}

/**
 * Runs statements, separated by semicolons, of which one is `copy … from stdin`, and sends `rows` with them in one go. They
 * are one transaction: all of them, or nothing. Returns the first value of the last row that a statement returned.
 *
 * The driver speaks this part of the protocol but offers no function for it; a query of our own kind does. Postgres
 * ignores the rows where a statement before them failed.
 *
 * @throws {pg.DatabaseError} as a query of the driver does.
 */
export function copyIn(client: pg.ClientBase, statements: string, rows: Buffer): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let value: string | undefined;
    const query = {
      submit(connection: pg.Connection) {
        if (!canCopy(connection)) throw new Error('this driver cannot send rows to Postgres');
        connection.stream.cork();
        connection.query(statements);
        // As the driver's own function for it, which copies the rows twice.
        connection.stream.write(copyDataHeader(rows.length));
        connection.stream.write(rows);
        connection.endCopyFrom();
        connection.stream.uncork();
      },
      handleDataRow({ fields }: DataRow) {
        value = fields[0] ?? undefined;
      },
      handleRowDescription: ignore,
      handleCopyInResponse: ignore,
      handleCommandComplete: ignore,
      handleError: reject,
      handleReadyForQuery() {
        // After an error the promise is settled already.
        resolve(value);
      },
    };
    client.query(query);
  });
}

function canCopy(connection: pg.Connection): connection is CopyConnection {
  return 'endCopyFrom' in connection;
}

/** The message CopyData: its type, and its length with these four bytes. */
function copyDataHeader(size: number): Buffer {
  const header = Buffer.from('d\0\0\0\0', 'latin1');
  header.writeInt32BE(size + 4, 1);
  return header;
}

function ignore(): void {
  // Says nothing that is not known.
}
