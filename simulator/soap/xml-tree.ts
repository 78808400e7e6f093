import sax from 'sax';

/** An element of a request: names resolved to namespaces by hand, because prefixes differ from client to client. */
export interface XmlElement {
  readonly namespace: string;
  readonly name: string;
  /** Attributes by `{namespace}name`; those without a prefix by bare name. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The element's own text, without that of its children. */
  readonly text: string;
}

interface OpenElement {
  readonly namespace: string;
  readonly name: string;
  readonly attributes: Map<string, string>;
  readonly children: XmlElement[];
  readonly scope: ReadonlyMap<string, string>;
  text: string;
}

/**
 * Reads a whole request.
 *
 * @throws {SyntaxError} when it is not well-formed.
 */
export function parseXml(text: string): XmlElement {
  const parser = sax.parser(true, { xmlns: false, trim: false, normalize: false });
  const open: OpenElement[] = [];
  let root: XmlElement | undefined;
  parser.onerror = (error) => {
    throw new SyntaxError(error.message.split('\n')[0]);
  };
  parser.onopentag = (tag) => {
    open.push(openElement(tag.name, tag.attributes, open.at(-1)?.scope ?? new Map()));
  };
  const addText = (part: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += part;
  };
  parser.ontext = addText;
  parser.oncdata = addText;
  parser.onclosetag = () => {
    const element = open.pop();
    if (element === undefined) return;
    const parent = open.at(-1);
    if (parent === undefined) root = element;
    else parent.children.push(element);
  };
  parser.write(text).close();
  if (root === undefined) throw new SyntaxError('Root element is missing.');
  return root;
}

export function childrenOf(element: XmlElement | undefined, namespace: string, name: string): XmlElement[] {
  return element?.children.filter((child) => child.name === name && child.namespace === namespace) ?? [];
}

export function childOf(
  element: XmlElement | undefined,
  namespace: string,
  name: string,
): XmlElement | undefined {
  return childrenOf(element, namespace, name)[0];
}

/** First element of that local name at any depth, whatever its namespace. */
export function findByName(element: XmlElement | undefined, name: string): XmlElement | undefined {
  if (element === undefined || element.name === name) return element;
  for (const child of element.children) {
    const found = findByName(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The text of an element and everything inside it: some clients wrap a token once more. */
export function deepText(element: XmlElement | undefined): string {
  return element === undefined ? '' : element.text + element.children.map(deepText).join('');
}

function openElement(
  qualifiedName: string,
  rawAttributes: Readonly<Record<string, unknown>>,
  parentScope: ReadonlyMap<string, string>,
): OpenElement {
  const names = Object.keys(rawAttributes);
  const [prefix, name] = splitName(qualifiedName);
  // Most elements of a request have neither attributes nor namespaces of their own.
  const scope = names.length === 0 ? parentScope : scopeOf(rawAttributes, parentScope);
  const attributes = new Map<string, string>();
  for (const key of names) {
    if (key.startsWith('xmlns')) continue;
    const [prefix, local] = splitName(key);
    const value = String(rawAttributes[key]);
    attributes.set(prefix === '' ? local : `{${namespaceOf(prefix, scope)}}${local}`, value);
  }
  return { namespace: namespaceOf(prefix, scope), name, attributes, children: [], scope, text: '' };
}

/** What prefixes mean inside an element with these attributes. */
function scopeOf(
  rawAttributes: Readonly<Record<string, unknown>>,
  parentScope: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const scope = new Map(parentScope);
  for (const [key, value] of Object.entries(rawAttributes)) {
    if (key === 'xmlns') scope.set('', String(value));
    else if (key.startsWith('xmlns:')) scope.set(key.slice(6), String(value));
  }
  return scope;
}

function namespaceOf(prefix: string, scope: ReadonlyMap<string, string>): string {
  const namespace = scope.get(prefix);
  if (namespace === undefined && prefix !== '' && prefix !== 'xml')
    throw new SyntaxError(`'${prefix}' is an undeclared prefix.`);

  return namespace ?? '';
}

function splitName(qualifiedName: string): [string, string] {
  const colon = qualifiedName.indexOf(':');
  return colon < 0 ? ['', qualifiedName] : [qualifiedName.slice(0, colon), qualifiedName.slice(colon + 1)];
}
