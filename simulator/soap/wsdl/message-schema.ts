import { extended, many, message, optional, type } from './schema-text.ts';

/** The messages, and the types in them, in the order of the elements on the wire. */
export const messageSchema = [
  type('APIProperty', optional('Name', 'xs:string'), optional('Value', 'xs:string', true)),
  type(
    'APIObject',
    ...[optional('Client', 'ClientReference'), optional('PartnerKey', 'xs:string', true)],
    ...[many('PartnerProperties', 'APIProperty'), optional('CreatedDate', 'xs:dateTime')],
    ...[optional('ModifiedDate', 'xs:dateTime', true), optional('ID', 'xs:int')],
    optional('ObjectID', 'xs:string', true),
  ),
  type('FilterPart'),
  extended(
    'SimpleFilterPart',
    'FilterPart',
    ...[optional('Property', 'xs:string'), optional('SimpleOperator', 'xs:string')],
    ...[many('Value', 'xs:string'), many('DateValue', 'xs:dateTime')],
  ),
  type('AdditionalOperands', many('Operand', 'FilterPart')),
  extended(
    'ComplexFilterPart',
    'FilterPart',
    ...[optional('LeftOperand', 'FilterPart'), optional('LogicalOperator', 'xs:string')],
    ...[optional('RightOperand', 'FilterPart'), optional('AdditionalOperands', 'AdditionalOperands')],
  ),
  type('RequestedClient', optional('ClientID', 'xs:int'), optional('ID', 'xs:int')),
  type(
    'RetrieveOptions',
    ...[
      optional('Client', 'RequestedClient'),
      optional('BatchSize', 'xs:int'),
      optional('IncludeObjects', 'xs:boolean'),
    ],
  ),
  type(
    'RetrieveRequest',
    ...[
      many('ClientIDs', 'RequestedClient'),
      optional('ObjectType', 'xs:string'),
      many('Properties', 'xs:string'),
    ],
    ...[
      optional('Filter', 'FilterPart'),
      many('RespondTo', 'APIProperty'),
      many('PartnerProperties', 'APIProperty'),
    ],
    ...[optional('ContinueRequest', 'xs:string'), optional('QueryAllAccounts', 'xs:boolean')],
    ...[optional('RetrieveAllSinceLastBatch', 'xs:boolean'), optional('RepeatLastResult', 'xs:boolean')],
    optional('Options', 'RetrieveOptions'),
  ),
  message('RetrieveRequestMsg', optional('RetrieveRequest', 'RetrieveRequest')),
  message(
    'RetrieveResponseMsg',
    ...[
      optional('OverallStatus', 'xs:string'),
      optional('RequestID', 'xs:string'),
      many('Results', 'APIObject'),
    ],
  ),
  message('SystemStatusRequestMsg', optional('Options', 'RetrieveOptions')),
  type(
    'SystemStatusResult',
    ...[
      optional('StatusCode', 'xs:string'),
      optional('StatusMessage', 'xs:string'),
      optional('SystemStatus', 'xs:string'),
    ],
  ),
  type('SystemStatusResults', many('Result', 'SystemStatusResult')),
  message(
    'SystemStatusResponseMsg',
    ...[optional('Results', 'SystemStatusResults'), optional('OverallStatus', 'xs:string')],
    ...[optional('OverallStatusMessage', 'xs:string'), optional('RequestID', 'xs:string')],
  ),
  type('ObjectDefinitionRequest', optional('Client', 'RequestedClient'), optional('ObjectType', 'xs:string')),
  type('ArrayOfObjectDefinitionRequest', many('ObjectDefinitionRequest', 'ObjectDefinitionRequest')),
  message('DefinitionRequestMsg', optional('DescribeRequests', 'ArrayOfObjectDefinitionRequest')),
  type(
    'PropertyDefinition',
    ...[
      optional('PartnerKey', 'xs:string', true),
      optional('ObjectID', 'xs:string', true),
      optional('Name', 'xs:string'),
    ],
    ...[optional('DataType', 'xs:string'), optional('IsUpdatable', 'xs:boolean')],
    ...[optional('IsRetrievable', 'xs:boolean'), optional('IsRequired', 'xs:boolean')],
  ),
  type('ObjectDefinition', optional('ObjectType', 'xs:string'), many('Properties', 'PropertyDefinition')),
  message(
    'DefinitionResponseMsg',
    many('ObjectDefinition', 'ObjectDefinition'),
    optional('RequestID', 'xs:string'),
  ),
  message('VersionInfoRequestMsg', optional('IncludeVersionHistory', 'xs:boolean')),
  type('VersionInfo', optional('Version', 'xs:string')),
  message(
    'VersionInfoResponseMsg',
    optional('VersionInfo', 'VersionInfo'),
    optional('RequestID', 'xs:string'),
  ),
].join('\n');
