// Retrieves with fuel-soap what the one argument asks for, page by page, and prints the number of records of each.
// A process of its own: jest's module loader cannot load that client's dependencies.
import FuelSoap from 'fuel-soap';

const { url, clientId, clientSecret, accountId, objectType, properties } = JSON.parse(process.argv[2]);
const client = new FuelSoap({
  auth: {
    clientId,
    clientSecret,
    authUrl: `${url}/v2/token`,
    authOptions: { authVersion: 2, accountId, applicationType: 'server' },
  },
  soapEndpoint: `${url}/Service.asmx`,
});
const pages = [];

read();

function read(continueRequest) {
  const options = continueRequest === undefined ? {} : { continueRequest };
  client.retrieve(objectType, properties, options, (error, response) => {
    if (error) throw error;
    const { OverallStatus, RequestID, Results = [] } = response.body;
    pages.push(Results.length);
    if (OverallStatus === 'MoreDataAvailable') read(RequestID);
    else console.log(JSON.stringify({ pages, overallStatus: OverallStatus }));
  });
}
