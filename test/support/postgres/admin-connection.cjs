// The connection of a jest worker on which databases are copied and dropped. Two of its own for each database of a test
// would be a fifth of all connections of a run.
const { Client } = require('pg');

/** Connected, or being connected; undefined where there was no need yet, or where it broke. */
let connection;
/** Statements that have not ended. */
let running = 0;

/** Executes one statement on the server of the run. */
async function executeAsAdmin(statement) {
  running += 1;
  connection ??= connect();
  const client = await connection.catch((error) => {
    connection = undefined;
    running -= 1;
    throw error;
  });
  client.connection.stream.ref();
  try {
    await client.query(statement);
  } finally {
    running -= 1;
    // A connection with nothing to do does not keep its worker from ending.
    if (running === 0) client.connection.stream.unref();
  }
}

async function connect() {
  const client = new Client({ connectionString: process.env.SFMC_TRACKING_TEST_ADMIN_URL });
  const mine = client.connect().then(() => client);
  client.on('error', () => {
    connection = undefined;
  });
  return await mine;
}

module.exports = { executeAsAdmin };
