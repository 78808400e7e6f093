import { clockIn } from '../../../../src/cli/terminal/instants.ts';

const evening = new Date('2026-07-01T21:30:45Z');

describe('an instant', () => {
  it('stands in the reader’s zone with UTC beside, and with the day of UTC where it is another', () => {
    expect(clockIn('Europe/Berlin').text(evening)).toBe('2026-07-01 23:30 (21:30 UTC)');
    expect(clockIn('Asia/Kolkata').text(evening, 'second')).toBe('2026-07-02 03:00:45 (07-01 21:30:45 UTC)');
    expect(clockIn('America/Chicago').cell(evening)).toBe('2026-07-01 16:30 (21:30)');
  });

  it.each(['UTC', 'Etc/UTC', 'Etc/Unknown', 'Nowhere/At All'])(
    'is UTC alone where the zone is %s',
    (zone) => {
      expect(clockIn(zone).text(evening)).toBe('2026-07-01 21:30 UTC');
      expect(clockIn(zone).title('from')).toBe('from (UTC)');
    },
  );

  it('that never was is a dash', () => {
    expect(clockIn('Europe/Berlin').text(null)).toBe('–');
  });
});
