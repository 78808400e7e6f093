import { objectTypes } from '../objects.ts';
import { messageSchema } from './message-schema.ts';
import { nestedTypes, objectType } from './object-types.ts';

// Written from what the simulator speaks: the real description has some 300 types, most of them of other calls.

const partnerApi = 'http://exacttarget.com/wsdl/partnerAPI';
const calls = ['Retrieve', 'Describe', 'GetSystemStatus', 'VersionInfo'] as const;

interface Call {
  readonly request: string;
  readonly response: string;
}

const messages: Readonly<Record<(typeof calls)[number], Call>> = {
  Retrieve: { request: 'RetrieveRequestMsg', response: 'RetrieveResponseMsg' },
  Describe: { request: 'DefinitionRequestMsg', response: 'DefinitionResponseMsg' },
  GetSystemStatus: { request: 'SystemStatusRequestMsg', response: 'SystemStatusResponseMsg' },
  VersionInfo: { request: 'VersionInfoRequestMsg', response: 'VersionInfoResponseMsg' },
};

/** The description of the SOAP service at `serviceUrl`, for SOAP 1.1 and 1.2. */
export function serviceWsdl(serviceUrl: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"
    xmlns:fault="urn:fault.partner.exacttarget.com" xmlns="${partnerApi}" targetNamespace="${partnerApi}">
  <wsdl:types>
    <xs:schema xmlns="${partnerApi}" targetNamespace="${partnerApi}" elementFormDefault="qualified">
      <xs:import namespace="urn:fault.partner.exacttarget.com" schemaLocation="ETFrameworkFault.xsd" />
${objectTypes().map(objectType).join('\n')}
${nestedTypes()}
${messageSchema}
    </xs:schema>
  </wsdl:types>
${calls.map(callMessages).join('\n')}
  <wsdl:portType name="Soap">
${calls.map(portOperation).join('\n')}
  </wsdl:portType>
${binding('SoapBinding', 'soap')}
${binding('Soap12Binding', 'soap12')}
  <wsdl:service name="PartnerAPI">
    <wsdl:port name="Soap" binding="SoapBinding"><soap:address location="${serviceUrl}" /></wsdl:port>
    <wsdl:port name="Soap12" binding="Soap12Binding"><soap12:address location="${serviceUrl}" /></wsdl:port>
  </wsdl:service>
</wsdl:definitions>
`;
}

function callMessages(call: (typeof calls)[number]): string {
  const { request, response } = messages[call];
  return `  <wsdl:message name="${call}Request"><wsdl:part name="parameters" element="${request}" /></wsdl:message>
  <wsdl:message name="${call}Response"><wsdl:part name="parameters" element="${response}" /></wsdl:message>`;
}

function portOperation(call: (typeof calls)[number]): string {
  return `    <wsdl:operation name="${call}"><wsdl:input message="${call}Request" /><wsdl:output message="${call}Response" /></wsdl:operation>`;
}

function binding(name: string, prefix: 'soap' | 'soap12'): string {
  const operations = calls.map(
    (
      call,
    ) => `    <wsdl:operation name="${call}"><${prefix}:operation soapAction="${call}" style="document" />
      <wsdl:input><${prefix}:body use="literal" /></wsdl:input><wsdl:output><${prefix}:body use="literal" /></wsdl:output>
    </wsdl:operation>`,
  );
  return `  <wsdl:binding name="${name}" type="Soap">
    <${prefix}:binding style="document" transport="http://schemas.xmlsoap.org/soap/http" />
${operations.join('\n')}
  </wsdl:binding>`;
}
