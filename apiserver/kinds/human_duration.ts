// Ages as `kubectl get` shows them. Source: k8s.io/apimachinery
// util/duration HumanDuration and the printers' translateTimestampSince.

const SECOND = 1;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** A duration in its two most telling units: `12s`, `3m20s`, `5h`, `2d4h`, `7y`. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 2 * MINUTE) return `${seconds}s`;
  const minutes = Math.floor(seconds / MINUTE);
  if (minutes < 10) return two(minutes, "m", seconds % MINUTE, "s");
  if (minutes < 3 * 60) return `${minutes}m`;
  const hours = Math.floor(seconds / HOUR);
  if (hours < 8) return two(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(seconds / DAY);
  if (hours < 8 * 24) return two(days, "d", hours % 24, "h");
  if (hours < 2 * 365 * 24) return `${days}d`;
  const years = Math.floor(seconds / YEAR);
  if (hours < 8 * 365 * 24) return two(years, "y", days % 365, "d");
  return `${years}y`;
}

function two(
  big: number,
  bigUnit: string,
  small: number,
  smallUnit: string,
): string {
  return small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;
}

/** How long ago an RFC 3339 timestamp was; `<unknown>` when there is none. */
export function age(
  timestamp: string | null | undefined,
  now_ms: number,
): string {
  if (timestamp === undefined || timestamp === null || timestamp === "") {
    return "<unknown>";
  }
  return humanDuration(now_ms - Date.parse(timestamp));
}
