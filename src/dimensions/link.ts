import { defineDimension } from './define-dimension.ts';

/** A tracked link of a job with its counters. WSDL type `LinkSend`; `Link` alone returns nothing but an id. */
export const link = defineDimension({
  name: 'link',
  objectType: 'LinkSend',
  table: 'links',
  columns: {
    job_id: { property: 'SendID', kind: 'integer' },
    url_id: { property: 'Link.ID', kind: 'integer' },
    url: { property: 'Link.URL', kind: 'text', optional: true, person: 'text' },
    alias: { property: 'Link.Alias', kind: 'text', optional: true },
    total_clicks: { property: 'Link.TotalClicks', kind: 'integer', optional: true },
    unique_clicks: { property: 'Link.UniqueClicks', kind: 'integer', optional: true },
  },
  key: ['job_id', 'url_id'],
  trimmed: [],
  setOnUpsert: { counters_at: 'now()' },
  filters: { jobIds: 'SendID' },
  everyHours: 20,
  isOptional: true,
});
