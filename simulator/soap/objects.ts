export interface PropertyTruth {
  readonly name: string;
  readonly dataType: string;
  /** Retrievable but not part of the WSDL type: travels as a PartnerProperties pair. */
  readonly isPartner: boolean;
  /** A missing value is written as `xsi:nil` instead of being left out. */
  readonly isNillable: boolean;
  readonly isFilterable: boolean;
  readonly isRequired: boolean;
}

// One word per property: name:type, then p(artner), n(illable), f(ilterable), r(equired). In WSDL order, which
// is the order on the wire. What is not listed is not retrievable; the lists follow Describe of a live account.
const trackingEvent =
  'SendID:Int32:fr SubscriberKey:String:fr EventDate:DateTime:fr EventType:EventType:r ' +
  'TriggeredSendDefinitionObjectID:String:f BatchID:Int32:r';
const datedEvent =
  `Client.ID:Int32 PartnerKey:String CreatedDate:DateTime:r ModifiedDate:DateTime:r ID:Int32:r ` +
  `ObjectID:String:r ${trackingEvent}`;
// Marketing Cloud: SentEvent and NotSentEvent have no ID and no dates of their own, but two partner properties.
const sendingEvent = `Client.ID:Int32 PartnerKey:String ListID:Int32:p SubscriberID:Int32:p ${trackingEvent}`;
const counters =
  'Duplicates:Int32 InvalidAddresses:Int32 ExistingUndeliverables:Int32 ExistingUnsubscribes:Int32 ' +
  'HardBounces:Int32 SoftBounces:Int32 OtherBounces:Int32 ForwardedEmails:Int32 UniqueClicks:Int32 ' +
  'UniqueOpens:Int32 NumberSent:Int32:n NumberDelivered:Int32:n Unsubscribes:Int32 MissingAddresses:Int32';

const properties: Readonly<Record<string, string>> = {
  SentEvent: sendingEvent,
  NotSentEvent: sendingEvent,
  OpenEvent: datedEvent,
  ClickEvent: `${datedEvent} URLID:Int32:fr URL:String:f`,
  BounceEvent: `${datedEvent} SMTPCode:String BounceCategory:String SMTPReason:String BounceType:String`,
  UnsubEvent: `${datedEvent} List.ID:Int32:r List.Type:String List.ListClassification:Int32 IsMasterUnsubscribed:Boolean:r`,
  ForwardedEmailEvent: datedEvent,
  ForwardedEmailOptInEvent: `${datedEvent} OptInSubscriberKey:String:r`,
  SurveyEvent: `${datedEvent} Question:String:r Answer:String`,
  Send:
    'Client.ID:Int32 Client.PartnerClientKey:String PartnerKey:String CreatedDate:DateTime:fr ' +
    'ModifiedDate:DateTime:f ID:Int32:fr Email.PartnerKey:String Email.ID:Int32 SendDate:DateTime:fn ' +
    `FromAddress:String FromName:String ${counters} Subject:String PreviewURL:String SentDate:DateTime:fn ` +
    'EmailName:String Status:String:f IsMultipart:Boolean:r SendLimit:Int32 SendWindowOpen:DateTime ' +
    'SendWindowClose:DateTime IsAlwaysOn:Boolean:r NumberTargeted:Int32 NumberErrored:Int32 ' +
    'NumberExcluded:Int32 Additional:String BCCEmail:String EmailSendDefinition.ObjectID:Guid ' +
    'EmailSendDefinition.CustomerKey:String',
  LinkSend:
    'Client.ID:Int32 Client.PartnerClientKey:String PartnerKey:String ID:Int32:r SendID:Int32:fr ' +
    'Link.PartnerKey:String Link.ID:Int64:r Link.Alias:String Link.TotalClicks:Int64 Link.UniqueClicks:Int64 Link.URL:String',
  ListSend:
    'Client.ID:Int32 PartnerKey:String ID:Int32 SendID:Int32:fr List.ID:Int32:r ' +
    `List.ListName:String ${counters} PreviewURL:String`,
  TriggeredSendDefinition:
    'Client.ID:Int64:r Client.PartnerClientKey:String PartnerKey:String TestEmailAddr:String:p CreatedDate:DateTime:r ' +
    'ModifiedDate:DateTime:fr ObjectID:String:fr CustomerKey:String:fr IsPlatformObject:Boolean Name:String:r ' +
    'Description:String:r Keyword:String CategoryID:Int32 FromName:String FromAddress:String ' +
    'SuppressTracking:Boolean:r TriggeredSendType:TriggeredSendTypeEnum:r ' +
    'TriggeredSendStatus:TriggeredSendStatusEnum:fr Email.PartnerKey:String Email.ID:Int64:r List.ID:Int64 ' +
    'AutoAddSubscribers:Boolean:r AutoUpdateSubscribers:Boolean:r BatchInterval:Int32:r EmailSubject:String ' +
    'DynamicEmailSubject:String IsMultipart:Boolean:r IsWrapped:Boolean:r AllowedSlots:Int16:r NewSlotTrigger:Int32:r',
  TriggeredSendSummary:
    'Client.ID:Int64:r Client.PartnerClientKey:String PartnerKey:String ObjectID:String:fr CustomerKey:String:fr ' +
    'Sent:Int64:r NotSentDueToOptOut:Int64 NotSentDueToUndeliverable:Int64 Bounces:Int64:r Opens:Int64:r ' +
    'Clicks:Int64:r UniqueOpens:Int64:r UniqueClicks:Int64:r OptOuts:Int64:r SurveyResponses:Int64:r ' +
    'FTAFRequests:Int64:r FTAFEmailsSent:Int64:r FTAFOptIns:Int64:r Conversions:Int64:r UniqueConversions:Int64:r ' +
    'InProcess:Int64 NotSentDueToError:Int64 Queued:Int64:r RowObjectID:Guid TriggeredSendDefinition.ObjectID:Guid:r',
  ExtractDescription:
    'PartnerKey:String ObjectID:String:fr Name:String:fr ConfigurationPage:String PackageKey:String',
  BusinessUnit:
    'Client.ID:Int32 Client.EnterpriseID:Int32 PartnerKey:String CreatedDate:DateTime ModifiedDate:DateTime ' +
    'ID:Int32:f CustomerKey:String:f AccountType:AccountTypeEnum ParentID:Int32:f Name:String:f Email:String ' +
    'FromName:String BusinessName:String City:String Country:String IsActive:Int32 IsTestAccount:Boolean ' +
    'ParentName:String Description:String',
  Subscriber:
    'Client.ID:Int32 PartnerKey:String CreatedDate:DateTime ModifiedDate:DateTime ID:Int32:f ' +
    'EmailAddress:String:f SubscriberKey:String:f Status:String:f UnsubscribedDate:DateTime EmailTypePreference:String',
  ListSubscriber:
    'Client.ID:Int32 PartnerKey:String CreatedDate:DateTime ModifiedDate:DateTime ID:Int32 ' +
    'ListID:Int32:f SubscriberKey:String:f Status:String:f UnsubscribedDate:DateTime',
  Email:
    'Client.ID:Int32 PartnerKey:String CreatedDate:DateTime:f ModifiedDate:DateTime:f ID:Int32:f CustomerKey:String:f ' +
    'Name:String:f CategoryID:Int32:f Subject:String:f EmailType:String Status:String IsActive:Boolean',
  DataFolder:
    'Client.ID:Int32 PartnerKey:String CreatedDate:DateTime ModifiedDate:DateTime ID:Int32:f ObjectID:String:f ' +
    'CustomerKey:String:f ParentFolder.ID:Int32:f ParentFolder.Name:String Name:String:f Description:String ' +
    'ContentType:String:f IsActive:Boolean IsEditable:Boolean AllowChildren:Boolean',
};

const catalogue = new Map(
  Object.entries(properties).map(([objectType, words]) => [objectType, words.split(' ').map(toProperty)]),
);

/** Retrieved with any property, and empty here: clients ask for them when they start. */
const alwaysEmpty = new Set(['DataExtension', 'DataExtensionField', 'List', 'Link', 'SubscriberStatusEvent']);

/** The retrievable properties in wire order; undefined where the service knows no such object type. */
export function propertiesOf(objectType: string): readonly PropertyTruth[] | undefined {
  return catalogue.get(objectType);
}

/** The object types that have properties. */
export function objectTypes(): string[] {
  return [...catalogue.keys()];
}

export function isAlwaysEmpty(objectType: string): boolean {
  return alwaysEmpty.has(objectType);
}

function toProperty(word: string): PropertyTruth {
  const [name = '', dataType = 'String', flags = ''] = word.split(':');
  return {
    name,
    dataType,
    isPartner: flags.includes('p'),
    isNillable: flags.includes('n'),
    isFilterable: flags.includes('f'),
    isRequired: flags.includes('r'),
  };
}
