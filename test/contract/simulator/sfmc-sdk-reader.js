// Retrieves with sfmc-sdk what each request of the one argument asks for, one after another, and prints the results of each
// as JSON. A process of its own: jest's module loader cannot load that client's dependencies.
import SDK from 'sfmc-sdk';

const { url, clientId, clientSecret, accountId, requests } = JSON.parse(process.argv[2]);
// Its constructor accepts the real host names only; afterwards it goes where it is sent.
const auth_url = `https://mc${'a'.repeat(26)}.auth.marketingcloudapis.com/`;
const client = new SDK(
  { client_id: clientId, client_secret: clientSecret, account_id: accountId, auth_url },
  { requestAttempts: 1 },
);
client.auth.authObject.auth_url = `${url}/`;
const answers = [];
for (const { objectType, properties, parameters } of requests)
  answers.push((await client.soap.retrieveBulk(objectType, properties, parameters)).Results);
console.log(JSON.stringify(answers));
