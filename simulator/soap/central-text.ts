/** Marketing Cloud: all payload times are UTC−06:00 all year, written without an offset. */
const serverOffsetMs = 6 * 3_600_000;
const minuteMs = 60_000;

let lastMinute = Number.NaN;
let lastMinuteText = '';

/** An instant as the service writes it: fixed UTC−06:00, decimal fraction with its trailing zeros cut. */
export function toCentralText(instantMs: number): string {
  const local = instantMs - serverOffsetMs;
  const minute = Math.floor(local / minuteMs);
  if (minute !== lastMinute) {
    lastMinute = minute;
    lastMinuteText = new Date(minute * minuteMs).toISOString().slice(0, 17);
  }
  const rest = local - minute * minuteMs;
  const seconds = Math.floor(rest / 1000);
  const text = lastMinuteText + (seconds < 10 ? `0${seconds}` : String(seconds));
  const ms = Math.floor(rest - seconds * 1000);
  if (ms === 0) return text;
  const fraction = ms < 10 ? `00${ms}` : ms < 100 ? `0${ms}` : String(ms);
  return `${text}.${fraction.replace(/0+$/, '')}`;
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
