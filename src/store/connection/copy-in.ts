import type pg from 'pg';

/** What the driver's connection offers besides what its types say. */
interface CopyConnection extends pg.Connection {
  sendCopyFromChunk(chunk: Buffer): void;
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
        connection.sendCopyFromChunk(rows);
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
  return 'sendCopyFromChunk' in connection && 'endCopyFrom' in connection;
}

function ignore(): void {
  // Says nothing that is not known.
}
