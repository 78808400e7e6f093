/** What a file holds, by the words that its name may have. */
const typesByFile: Readonly<Record<string, string>> = {
  sent: 'sent',
  opens: 'open',
  open: 'open',
  clicks: 'click',
  click: 'click',
  bounces: 'bounce',
  bounce: 'bounce',
  unsubs: 'unsub',
  unsub: 'unsub',
  notsent: 'not_sent',
  spamcomplaints: 'complaint',
  complaints: 'complaint',
  sendjobs: 'job',
  lists: 'list',
};

/** Why a file of an extract is not imported, by the words of its name. */
const reasonsByFile: Readonly<Record<string, string>> = {
  subscribers: 'who was mailed, who unsubscribed and who bounced follows from events',
  attributes: 'attributes of people are not stored',
  listmembership: 'who is on a list is not stored',
  listmembershipchanges: 'who is on a list is not stored',
  statuschanges: 'unsubscribes and bounces are events',
  surveys: 'a backfill reads surveys over SOAP',
  surveyresponses: 'a backfill reads surveys over SOAP',
  conversions: 'conversions are no tracking event of SOAP',
  clickimpressions: 'impressions are counted by content area, not by person',
  sendimpressions: 'impressions are counted by content area, not by person',
  sendjobimpressions: 'impressions are counted by content area, not by person',
};

/** The event type or dimension of a file, by its name; undefined where it is none that is imported. */
export function typeOfFile(name: string): string | undefined {
  const found = wordsOf(name).flatMap((word) => typesByFile[word] ?? []);
  return found.length === 1 ? found[0] : undefined;
}

/** Why a file without a type is not imported, in words that end a sentence. */
export function whyNotImported(name: string): string {
  const [reason] = wordsOf(name).flatMap((word) => reasonsByFile[word] ?? []);
  return reason ?? 'its name is of no file of a Tracking Extract';
}

function wordsOf(name: string): string[] {
  const stem = (name.split('/').at(-1) ?? '').replace(/\.[a-z]+$/iu, '').toLowerCase();
  return stem.split(/[^a-z]+/u);
}
