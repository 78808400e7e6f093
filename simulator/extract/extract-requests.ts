import { childOf, childrenOf, type XmlElement } from '../soap/xml-tree.ts';

const partnerApi = 'http://exacttarget.com/wsdl/partnerAPI';

/** Parameters of a request by name. */
export type ExtractParameters = ReadonlyMap<string, string>;

export interface ExtractRequest {
  /** Which extract: the ObjectID of an ExtractDescription. */
  readonly id: string;
  readonly accountIds: readonly number[];
  readonly parameters: ExtractParameters;
}

/** The requests of an `ExtractRequestMsg`. */
export function parseExtract(body: XmlElement): ExtractRequest[] {
  return childrenOf(body, partnerApi, 'Requests').map((request) => {
    const client = childOf(request, partnerApi, 'Client');
    const parameters = childrenOf(childOf(request, partnerApi, 'Parameters'), partnerApi, 'Parameter');
    const textOf = (element: XmlElement | undefined, name: string): string =>
      childOf(element, partnerApi, name)?.text.trim() ?? '';
    const clientId = Number(textOf(client, 'ID'));
    return {
      id: textOf(request, 'ID'),
      accountIds: clientId > 0 ? [clientId] : [],
      parameters: new Map(parameters.map((one) => [textOf(one, 'Name'), textOf(one, 'Value')])),
    };
  });
}
