/** The schema of the detail of faults, which the description imports. */
export const faultSchema = `<?xml version="1.0" encoding="utf-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:fault.partner.exacttarget.com"
    targetNamespace="urn:fault.partner.exacttarget.com" elementFormDefault="qualified">
  <xs:element name="apifault">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="Code" type="xs:int" />
        <xs:element name="Message" type="xs:string" />
        <xs:element name="LogID" type="xs:long" minOccurs="0" />
        <xs:element name="Params" minOccurs="0">
          <xs:complexType>
            <xs:sequence><xs:element name="Param" type="xs:string" minOccurs="0" maxOccurs="unbounded" /></xs:sequence>
          </xs:complexType>
        </xs:element>
      </xs:sequence>
    </xs:complexType>
  </xs:element>
</xs:schema>
`;
