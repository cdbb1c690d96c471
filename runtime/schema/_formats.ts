// The string formats that schemas of custom resources may name, as
// kube-openapi's strfmt and its govalidator check them. Other formats are
// ignored, as the API server ignores them.

import { DurationError, parseDuration } from "../duration.ts";
import { parseCIDR, parseIP } from "../ip.ts";
import { isEmailAddress } from "./_email.ts";
import { isRequestUri } from "./_request_uri.ts";

const hex = (...lengths: number[]) =>
  new RegExp(`^${lengths.map((n) => `[0-9a-f]{${n}}`).join("-?")}$`, "i");
const UUID = hex(8, 4, 4, 4, 12);
const UUID3 = /^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const UUID4 = /^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i;
const UUID5 = /^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i;
const CREDIT_CARD =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35[0-9]{3})[0-9]{11})$/;
const HEX_COLOR = /^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/;
const CHANNEL = "(?:0|[1-9][0-9]?|1[0-9][0-9]?|2[0-4][0-9]|25[0-5])";
// RE2's \s has no vertical tab.
const BLANK = "[\\t\\n\\f\\r ]*";
const RGB_COLOR = new RegExp(
  `^rgb\\(${BLANK}${CHANNEL}${BLANK},${BLANK}${CHANNEL}${BLANK},${BLANK}${CHANNEL}${BLANK}\\)$`,
);
// The empty string is no base64 here.
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;
const SSN = /^[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}$/;
// 6, 8 or 20 bytes: by bytes, by pairs of bytes, or without separators.
const MAC =
  /^(?:[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}(?:(?:\1[0-9a-f]{2}){2}|(?:\1[0-9a-f]{2}){14})?|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}(?:\.[0-9a-f]{4}|(?:\.[0-9a-f]{4}){7})?|[0-9a-f]{12}(?:[0-9a-f]{4}|[0-9a-f]{28})?)$/i;
const HOST_LABEL = "[a-zA-Z0-9\\p{S}\\p{L}]";
const HOST_ALONE = new RegExp(`^${HOST_LABEL}(?:-?${HOST_LABEL}{0,62})?$`, "u");
const HOST_PART = new RegExp(
  `^${HOST_LABEL}(?:[a-zA-Z0-9\\-\\p{S}\\p{L}]{0,61}${HOST_LABEL})?$`,
  "u",
);
const HOST_TOP = /^[a-zA-Z\p{L}]{2,63}$/u;
const SHORT_NAME = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const LONG_NAME = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const CLOCK = /^([0-9]{2}):([0-9]{2}):([0-9]{2})(?:.[0-9]+)?(?:z|[+-][0-9]{2}:[0-9]{2})$/u;

function isHostname(text: string): boolean {
  // Longer ones fail anyway; the bound keeps the pattern cheap.
  if (new TextEncoder().encode(text.slice(0, 256)).length > 255) return false;
  const parts = text.split(".");
  const top = parts.length > 1 ? parts.pop() : undefined;
  const matches = top === undefined
    ? HOST_ALONE.test(text)
    : HOST_TOP.test(top) && parts.every((part) => HOST_PART.test(part));
  return matches && text.split(".").every((part) => new TextEncoder().encode(part).length <= 63);
}

function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, "");
  if (!CREDIT_CARD.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
}

function isISBN10(text: string): boolean {
  const digits = text.replace(/[\t\n\f\r -]+/g, "");
  if (!/^(?:[0-9]{9}X|[0-9]{10})$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < 10; i++) sum += (i + 1) * (digits[i] === "X" ? 10 : Number(digits[i]));
  return sum % 11 === 0;
}

function isISBN13(text: string): boolean {
  const digits = text.replace(/[\t\n\f\r -]+/g, "");
  if (!/^[0-9]{13}$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < 12; i++) sum += (i % 2 === 0 ? 1 : 3) * Number(digits[i]);
  return Number(digits[12]) === (10 - (sum % 10)) % 10;
}

function isDate(text: string): boolean {
  const date = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text);
  if (date === null) return false;
  const [year, month, day] = [Number(date[1]), Number(date[2]), Number(date[3])];
  if (month < 1 || month > 12 || day < 1) return false;
  return new Date(new Date(0).setUTCFullYear(year, month - 1, day)).getUTCDate() === day;
}

function isDateTime(text: string): boolean {
  const [date = "", time] = text.toLowerCase().split("t");
  if (time === undefined || !isDate(date)) return false;
  const clock = CLOCK.exec(time);
  if (clock === null) return false;
  const [, hour = "", minute = "", second = ""] = clock;
  return hour <= "23" && minute <= "59" && second <= "59";
}

// Go's durations, or numbers with units of which the beginning counts ("3 weeks").
const UNITS: readonly (readonly string[])[] = [
  ["ns", "nano"],
  ["us", "µs", "micro"],
  ["ms", "milli"],
  ["s", "sec"],
  ["m", "min"],
  ["h", "hr", "hour"],
  ["d", "day"],
  ["w", "wk", "week"],
];
const MAX_INT64 = 2n ** 63n - 1n;

function isDuration(text: string): boolean {
  try {
    parseDuration(text);
    return true;
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
  }
  let known = false;
  for (const [, amount = "", word = ""] of text.matchAll(/([0-9]+)[\t\n\f\r ]*([A-Za-zµ]+)/g)) {
    if (amount.length > 18 && BigInt(amount) > MAX_INT64) return false;
    const unit = word.toLowerCase();
    known ||= UNITS.some((names) =>
      names.includes(unit) || unit.startsWith(names[names.length - 1] ?? "")
    );
  }
  return known;
}

const CHECKS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ["bsonobjectid", (text: string) => /^[0-9a-fA-F]{24}$/.test(text)],
  ["uri", isRequestUri],
  ["email", isEmailAddress],
  ["hostname", isHostname],
  ["ipv4", (text) => text.includes(".") && parseIP(text) !== undefined],
  ["ipv6", (text) => text.includes(":") && parseIP(text)?.strict === true],
  ["cidr", (text) => parseCIDR(text) !== undefined],
  ["mac", (text) => MAC.test(text)],
  ["uuid", (text) => UUID.test(text)],
  ["uuid3", (text) => UUID3.test(text)],
  ["uuid4", (text) => UUID4.test(text)],
  ["uuid5", (text) => UUID5.test(text)],
  ["isbn", (text) => isISBN10(text) || isISBN13(text)],
  ["isbn10", isISBN10],
  ["isbn13", isISBN13],
  ["creditcard", isCreditCard],
  ["ssn", (text) => text.length === 11 && SSN.test(text)],
  ["hexcolor", (text) => HEX_COLOR.test(text)],
  ["rgbcolor", (text) => RGB_COLOR.test(text)],
  ["byte", (text) => BASE64.test(text)],
  ["password", () => true],
  ["date", isDate],
  ["duration", isDuration],
  ["datetime", isDateTime],
  ["k8sshortname", (text) => text.length <= 63 && SHORT_NAME.test(text)],
  ["k8slongname", (text) => text.length <= 253 && LONG_NAME.test(text)],
]);

/** The check of a string format, or `undefined` when the format is not supported. Dashes do not count. */
export function formatCheck(format: string): ((text: string) => boolean) | undefined {
  return CHECKS.get(format.replaceAll("-", ""));
}
