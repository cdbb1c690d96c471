// Go's time.Duration as text (`1h30m0s`, `250ms`), which is how
// metav1.Duration stands in JSON. Amounts are nanoseconds in a bigint where
// exactness matters and milliseconds in a number where timers want them.

import { quoteTime } from "./_quote_time.ts";

/** The text is no duration. `message` is Go's. */
export class DurationError extends Error {
  /** Carries Go's text. */
  constructor(message: string) {
    super(message);
    this.name = "DurationError";
  }
}

const NANOSECONDS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  "µs": 1_000n,
  "μs": 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const MAX_NS = 2n ** 63n - 1n;
// Digits beyond these cannot change a nanosecond of an hour.
const FRACTION_DIGITS_MAX = 18;

function wrong(text: string): DurationError {
  return new DurationError(`time: invalid duration ${quoteTime(text)}`);
}

function partOf(text: string, rest: string): { ns: bigint; length: number } {
  const number = /^([0-9]*)(?:\.([0-9]*))?/.exec(rest);
  const [whole = "", integer = "", fraction = ""] = number ?? [];
  if (integer === "" && fraction === "") throw wrong(text);
  if (integer.length > 18 && BigInt(integer) > MAX_NS + 1n) throw wrong(text);
  // Where a number could start, the unit ends.
  const unit = /^[^0-9.]*/.exec(rest.slice(whole.length))?.[0] ?? "";
  if (unit === "") {
    throw new DurationError(
      `time: missing unit in duration ${quoteTime(text)}`,
    );
  }
  const factor = Object.hasOwn(NANOSECONDS, unit) ? NANOSECONDS[unit] : undefined;
  if (factor === undefined) {
    throw new DurationError(
      `time: unknown unit ${quoteTime(unit)} in duration ${quoteTime(text)}`,
    );
  }
  const kept = fraction.slice(0, FRACTION_DIGITS_MAX);
  const ns = BigInt(integer === "" ? "0" : integer) * factor +
    BigInt(kept === "" ? "0" : kept) * factor / 10n ** BigInt(kept.length);
  return { ns, length: whole.length + unit.length };
}

/** Nanoseconds of a duration such as `1h30m`, `-1.5s` or `0`. Throws {@linkcode DurationError}. */
export function parseDuration(text: string): bigint {
  const sign = /^[-+]/.exec(text)?.[0] ?? "";
  let rest = text.slice(sign.length);
  if (rest === "0") return 0n;
  if (rest === "") throw wrong(text);
  let total = 0n;
  while (rest !== "") {
    const { ns, length } = partOf(text, rest);
    total += ns;
    if (total > MAX_NS + 1n) throw wrong(text);
    rest = rest.slice(length);
  }
  if (total > MAX_NS && sign !== "-") throw wrong(text);
  return sign === "-" ? -total : total;
}

/** Milliseconds of a duration, fractions and all. Throws {@linkcode DurationError}. */
export function durationMs(text: string): number {
  return Number(parseDuration(text)) / 1e6;
}

function decimal(amount: bigint, unit: bigint): string {
  const digits = unit.toString().length - 1;
  const fraction = (amount % unit).toString().padStart(digits, "0").replace(
    /0+$/,
    "",
  );
  return fraction === "" ? `${amount / unit}` : `${amount / unit}.${fraction}`;
}

/** A duration as Go prints it: `1h30m0s`, `1.5s`, `0s`. */
export function formatDuration(ns: bigint): string {
  if (ns === 0n) return "0s";
  const sign = ns < 0n ? "-" : "";
  const size = ns < 0n ? -ns : ns;
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 1_000n)}µs`;
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 1_000_000n)}ms`;
  const minute = 60_000_000_000n;
  const seconds = `${decimal(size % minute, 1_000_000_000n)}s`;
  const minutes = size / minute;
  if (minutes === 0n) return sign + seconds;
  const hours = minutes / 60n;
  return `${sign}${hours === 0n ? "" : `${hours}h`}${minutes % 60n}m${seconds}`;
}

/** {@linkcode formatDuration} of milliseconds. */
export function formatDurationMs(ms: number): string {
  return formatDuration(BigInt(Math.round(ms * 1e6)));
}
