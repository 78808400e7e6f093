import { click } from '../../../src/events/click.ts';
import { withDetails } from '../../../src/events/extract-details.ts';
import { open } from '../../../src/events/open.ts';
import { requestedProperties } from '../../../src/events/define-event.ts';
import { eventLayout } from '../../../src/tracking-extract/extract-layout.ts';
import { typeOfFile, whyNotImported } from '../../../src/tracking-extract/file-types.ts';

describe('the type of a file', () => {
  it.each([
    ['Opens.csv', 'open'],
    ['extract/2026-07_NotSent.csv', 'not_sent'],
    ['SpamComplaints.csv', 'complaint'],
    ['Lists.csv', 'list'],
    ['SendJobs.tab', 'job'],
    ['ListMembership.csv', undefined],
    ['Sent_and_Opens.csv', undefined],
  ])('%s is %s', (name, type) => {
    expect(typeOfFile(name)).toBe(type);
  });

  it.each([
    ['Subscribers.csv', /follows from events$/u],
    ['x/ListMembership.csv', /who is on a list/u],
    ['notes.txt', /its name is of no file of a Tracking Extract/u],
  ])('%s is left out with a reason', (name, reason) => {
    expect(whyNotImported(name)).toMatch(reason);
  });
});

describe('the layout of a file', () => {
  const header = ['SendID', 'SubscriberKey', 'EventDate', 'LATITUDE', 'IsUnique', 'IpAddress', 'Colour'];
  const same = (text: string) => text;

  it('names columns that nothing is read from, apart from those that details would be read from', () => {
    const layout = eventLayout(open, header, same);
    expect(layout?.ignored).toEqual(['Colour']);
    expect(layout?.details).toEqual(['LATITUDE', 'IsUnique']);
    const wide = eventLayout(withDetails(open), header, same);
    expect(wide?.ignored).toEqual(['Colour']);
    expect(wide?.details).toEqual([]);
  });

  it('reads details, and leaves out and counts those that cannot be read', () => {
    const definition = withDetails(click);
    const layout = eventLayout(definition, header, same);
    const slot = (property: string) => requestedProperties(definition).indexOf(property);
    const read = (latitude: string, isUnique: string) => {
      const values = layout?.valuesOf(['1', 'anna', 'now', latitude, isUnique, '192.0.2.1', 'red']) ?? [];
      expect(values).not.toContain('192.0.2.1');
      return [values[slot('Latitude')], values[slot('IsUnique')]];
    };
    expect(read('52.5200', 'True')).toEqual(['52.5200', 'True']);
    expect(read('north', 'maybe')).toEqual([null, null]);
    expect(read('1e400', '')).toEqual([null, null]);
    expect(layout?.unreadable).toEqual(
      new Map([
        ['LATITUDE', 2],
        ['IsUnique', 1],
      ]),
    );
  });
});
