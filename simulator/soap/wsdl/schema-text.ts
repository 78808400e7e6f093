// Pieces of an XML schema as text.

/** An element that may be missing. */
export function optional(name: string, type: string, isNillable = false): string {
  return `<xs:element name="${name}" type="${type}" minOccurs="0"${isNillable ? ' nillable="true"' : ''} />`;
}

/** An element that may come any number of times. */
export function many(name: string, type: string): string {
  return `<xs:element name="${name}" type="${type}" minOccurs="0" maxOccurs="unbounded" />`;
}

/** A type with these elements, in this order. */
export function type(name: string, ...elements: readonly string[]): string {
  return `      <xs:complexType name="${name}"><xs:sequence>${elements.join('')}</xs:sequence></xs:complexType>`;
}

/** A message with these elements. */
export function message(name: string, ...elements: readonly string[]): string {
  return `      <xs:element name="${name}"><xs:complexType><xs:sequence>${elements.join('')}</xs:sequence></xs:complexType></xs:element>`;
}

/** A type that has those of another one first. */
export function extended(name: string, base: string, ...elements: readonly string[]): string {
  return (
    `      <xs:complexType name="${name}"><xs:complexContent><xs:extension base="${base}"><xs:sequence>` +
    `${elements.join('')}</xs:sequence></xs:extension></xs:complexContent></xs:complexType>`
  );
}
