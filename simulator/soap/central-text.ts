/** Marketing Cloud: all payload times are UTC−06:00 all year, written without an offset. */
const serverOffsetMs = 6 * 3_600_000;
const dayMs = 86_400_000;

/** Days as they were written before, by their numbers: a page has few, in no order. */
const days = new Map<number, string>();

/** An instant as the service writes it: fixed UTC−06:00, decimal fraction with its trailing zeros cut. */
export function toCentralText(instantMs: number): string {
  const local = instantMs - serverOffsetMs;
  const day = Math.floor(local / dayMs);
  const msOfDay = local - day * dayMs;
  const seconds = Math.floor(msOfDay / 1000);
  const minutes = Math.floor(seconds / 60);
  const time = `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}:${twoDigits(seconds % 60)}`;
  const text = `${dayText(day)}T${time}`;
  const ms = Math.floor(msOfDay - seconds * 1000);
  if (ms === 0) return text;
  const fraction = ms < 10 ? `00${ms}` : ms < 100 ? `0${ms}` : String(ms);
  return `${text}.${fraction.replace(/0+$/, '')}`;
}

function dayText(day: number): string {
  const known = days.get(day);
  if (known !== undefined) return known;
  const text = new Date(day * dayMs).toISOString().slice(0, 10);
  days.set(day, text);
  return text;
}

function twoDigits(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}

const datePattern =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,7}))?)?(Z|[+-]\d{2}:\d{2})?$/;

/** An instant as clients write it: an offset is honoured, without one the text is server time; else undefined. */
export function fromClientText(text: string): number | undefined {
  const match = datePattern.exec(text.trim());
  if (match === null) return undefined;
  const [, day = '', time = '00:00:00', fraction = '', offset = '-06:00'] = match;
  const instant = Date.parse(`${day}T${time}.000${offset}`.replace(/T(\d{2}:\d{2})\.000/, 'T$1:00.000'));
  return Number.isNaN(instant) ? undefined : instant + Number(`0.${fraction || '0'}`) * 1000;
}
