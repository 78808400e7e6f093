export interface Link {
  readonly urlId: number;
  readonly url: string;
  readonly alias: string;
}

export const linksPerJob = 5;

/** Links of a job: a plain one, markup in the query, a personalised one, and one longer than an index entry. */
export function linksOf(jobId: number): Link[] {
  const urlId = 50_000 + (jobId % 100_000) * 8;
  return [
    { urlId, url: `https://www.example.com/offers/${jobId}`, alias: 'Offer' },
    {
      urlId: urlId + 1,
      url: `https://www.example.com/shop?job=${jobId}&utm_source=mail&utm_content=hero`,
      alias: 'Shop & look',
    },
    {
      urlId: urlId + 2,
      url: 'https://www.example.com/unsubscribe?a=%3Cb%3E&c="d"',
      alias: 'Unsubscribe',
    },
    { urlId: urlId + 3, url: `https://www.example.com/größe/${jobId}#section 2`, alias: 'Größen' },
    {
      urlId: urlId + 4,
      url: `https://www.example.com/long?token=${'abcdefghij'.repeat(300)}`,
      alias: 'Long',
    },
  ];
}
