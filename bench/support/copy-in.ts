import type pg from 'pg';

interface CopyConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/**
 * COPY … FROM STDIN over a connection of node-postgres: rows go as they are, in one piece.
 *
 * The driver speaks this part of the protocol but offers no function for it; a query of our own kind does.
 */
export function copyIn(client: pg.ClientBase, statement: string, rows: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    const query = {
      submit(connection: Pick<CopyConnection, 'query'>) {
        connection.query(statement);
      },
      handleCopyInResponse(connection: CopyConnection) {
        connection.sendCopyFromChunk(rows);
        connection.endCopyFrom();
      },
      handleCommandComplete: () => undefined,
      handleError(error: Error) {
        failure = error;
        reject(error);
      },
      handleReadyForQuery() {
        if (failure === undefined) resolve();
      },
    };
    client.query(query);
  });
}

/** A value in COPY's text format. */
export function copyText(value: string | number | null): string {
  if (value === null) return '\\N';
  return typeof value === 'number' ? String(value) : value.replace(/[\\\t\n\r]/g, escaped);
}

function escaped(character: string): string {
  return { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }[character] ?? character;
}

/** COPY … TO STDOUT: the rows as COPY takes them again, one Buffer per row. */
export function copyOut(client: pg.ClientBase, statement: string): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const rows: Buffer[] = [];
    let failure: Error | undefined;
    const query = {
      submit(connection: Pick<CopyConnection, 'query'>) {
        connection.query(statement);
      },
      handleCopyData({ chunk }: { chunk: Buffer }) {
        rows.push(Buffer.from(chunk));
      },
      handleCommandComplete: () => undefined,
      handleError(error: Error) {
        failure = error;
        reject(error);
      },
      handleReadyForQuery() {
        if (failure === undefined) resolve(rows);
      },
    };
    client.query(query);
  });
}
