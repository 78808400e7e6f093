import { localName } from '../request/xml-text.ts';

/** The parts of a response other than its records. */
export type HeaderField =
  | 'overallStatus'
  | 'requestId'
  | 'created'
  | 'faultCode'
  | 'faultText'
  | 'detailCode'
  | 'detailMessage'
  | 'systemStatus';

export type NodeKind = 'path' | 'record' | 'field' | 'partner' | 'partnerName' | 'partnerValue' | HeaderField;

/** One wanted element; an element without a node is skipped with everything in it. */
export interface PathNode {
  kind: NodeKind;
  /** Whether its text is wanted. */
  isText: boolean;
  /** Index of the requested property it carries; -1 for none. */
  propertyIndex: number;
  readonly children: Map<string, PathNode>;
  /** A cache over `children`, by the name as written, with its prefix. */
  readonly seen: Map<string, PathNode | undefined>;
}

// A response uses one prefix, two at most; these limits are for hostile ones.
const seenNamesMax = 256;
const seenNameCharsMax = 160;

/** One tree per array of properties. Building one for each small response would cost more than reading it. */
const trees = new WeakMap<readonly string[], PathNode>();

/** The child of that name, with any prefix; undefined if nothing in it is wanted. */
export function childOf(node: PathNode, name: string): PathNode | undefined {
  const child = node.seen.get(name);
  if (child !== undefined || node.seen.has(name)) return child;
  const found = node.children.get(localName(name));
  if (node.seen.size < seenNamesMax && name.length <= seenNameCharsMax) node.seen.set(name, found);
  return found;
}

/** The tree of a response: SOAP 1.1 or 1.2, Retrieve, Extract or GetSystemStatus, or a fault. */
export function responsePaths(properties: readonly string[]): PathNode {
  const tree = trees.get(properties) ?? createResponsePaths(properties);
  trees.set(properties, tree);
  return tree;
}

function createResponsePaths(properties: readonly string[]): PathNode {
  const root = createNode();
  const body = at(root, 'Envelope', 'Body');
  at(root, 'Envelope', 'Header', 'Security', 'Timestamp', 'Created').kind = 'created';

  for (const message of ['RetrieveResponseMsg', 'ExtractResponseMsg']) {
    const response = at(body, message);
    at(response, 'OverallStatus').kind = 'overallStatus';
    at(response, 'RequestID').kind = 'requestId';
    addRecord(response, properties);
  }

  const systemStatus = at(body, 'SystemStatusResponseMsg');
  at(systemStatus, 'OverallStatus').kind = 'overallStatus';
  at(systemStatus, 'RequestID').kind = 'requestId';
  at(systemStatus, 'Results', 'Result', 'SystemStatus').kind = 'systemStatus';

  const fault = at(body, 'Fault');
  at(fault, 'faultcode').kind = 'faultCode';
  at(fault, 'faultstring').kind = 'faultText';
  at(fault, 'Code', 'Value').kind = 'faultCode';
  at(fault, 'Reason', 'Text').kind = 'faultText';
  for (const detail of ['detail', 'Detail']) {
    at(fault, detail, 'apifault', 'Code').kind = 'detailCode';
    at(fault, detail, 'apifault', 'Message').kind = 'detailMessage';
  }
  return settle(root);
}

/** The tree of one record on its own. */
export function recordPaths(properties: readonly string[]): PathNode {
  const root = createNode();
  addRecord(root, properties);
  return settle(root);
}

function addRecord(parent: PathNode, properties: readonly string[]): void {
  const record = at(parent, 'Results');
  record.kind = 'record';
  // Marketing Cloud: a property that is retrievable without being in the WSDL's type arrives as a name and a value.
  at(record, 'PartnerProperties').kind = 'partner';
  at(record, 'PartnerProperties', 'Name').kind = 'partnerName';
  at(record, 'PartnerProperties', 'Value').kind = 'partnerValue';
  for (const [propertyIndex, property] of properties.entries()) {
    const field = at(record, ...property.split('.'));
    field.kind = 'field';
    field.propertyIndex = propertyIndex;
  }
}

function at(node: PathNode, ...names: string[]): PathNode {
  let current = node;
  for (const name of names) {
    let child = current.children.get(name);
    if (child === undefined) {
      child = createNode();
      current.children.set(name, child);
    }
    current = child;
  }
  return current;
}

function createNode(): PathNode {
  return { kind: 'path', isText: false, propertyIndex: -1, children: new Map(), seen: new Map() };
}

function settle(node: PathNode): PathNode {
  node.isText = node.kind !== 'path' && node.kind !== 'record' && node.kind !== 'partner';
  for (const child of node.children.values()) settle(child);
  return node;
}
