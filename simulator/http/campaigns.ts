import type { JobTruth } from '../world/truth.ts';

/** A page of the campaigns of REST, one for each month in which jobs were sent. */
export function campaignPage(jobs: readonly JobTruth[], query: URLSearchParams): Record<string, unknown> {
  const page = positive(query.get('$page')) ?? 1;
  const pageSize = Math.min(positive(query.get('$pageSize')) ?? 50, 50);
  const months = [...new Set(jobs.map((job) => job.createdAt.toISOString().slice(0, 7)))].toSorted();
  const items = months.map((month, index) => ({
    ...{ id: String(index + 1), name: `Campaign ${month}`, description: '', campaignCode: `c-${month}` },
    ...{ color: '0000ff', favorite: false },
    ...{ createdDate: `${month}-01T00:00:00`, modifiedDate: `${month}-01T00:00:00` },
  }));
  const first = (page - 1) * pageSize;
  return { count: items.length, page, pageSize, links: {}, items: items.slice(first, first + pageSize) };
}

function positive(text: string | null): number | undefined {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? value : undefined;
}
