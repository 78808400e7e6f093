// Retrieves with fuel-soap what each request of the one argument asks for, page by page, and prints for each the number of
// records of each page. A process of its own: jest's module loader cannot load that client's dependencies.
import { promisify } from 'node:util';
import FuelSoap from 'fuel-soap';

const { url, clientId, clientSecret, accountId, requests } = JSON.parse(process.argv[2]);
const client = new FuelSoap({
  auth: {
    clientId,
    clientSecret,
    authUrl: `${url}/v2/token`,
    authOptions: { authVersion: 2, accountId, applicationType: 'server' },
  },
  soapEndpoint: `${url}/Service.asmx`,
});
const retrieve = promisify(client.retrieve.bind(client));
const answers = [];

for (const { objectType, properties } of requests) answers.push(await read(objectType, properties));
console.log(JSON.stringify(answers));

async function read(objectType, properties) {
  const pages = [];
  for (let options = {}; ;) {
    const { OverallStatus, RequestID, Results = [] } = (await retrieve(objectType, properties, options)).body;
    pages.push(Results.length);
    if (OverallStatus !== 'MoreDataAvailable') return { pages, overallStatus: OverallStatus };
    options = { continueRequest: RequestID };
  }
}
