// Retrieves with sfmc-sdk what the one argument asks for, and prints the results as JSON. A process of its own:
// jest's module loader cannot load that client's dependencies.
import SDK from 'sfmc-sdk';

const { url, clientId, clientSecret, accountId, objectType, properties, parameters } = JSON.parse(
  process.argv[2],
);
// Its constructor accepts the real host names only; afterwards it goes where it is sent.
const auth_url = `https://mc${'a'.repeat(26)}.auth.marketingcloudapis.com/`;
const client = new SDK(
  { client_id: clientId, client_secret: clientSecret, account_id: accountId, auth_url },
  { requestAttempts: 1 },
);
client.auth.authObject.auth_url = `${url}/`;
const answer = await client.soap.retrieveBulk(objectType, properties, parameters);
console.log(JSON.stringify(answer.Results));
