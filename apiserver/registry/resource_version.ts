// Resource versions in requests: how they are read and what is said of bad
// ones. Source: k8s.io/apiserver storage APIObjectVersioner and errors.

import { badRequest, StatusError } from "../../runtime/status.ts";

const UINT64_MAX = 2n ** 64n - 1n;

/** What is wrong with the text as an unsigned 64-bit number, as Go's strconv says it. */
function parseUintError(text: string): string | undefined {
  const quoted = JSON.stringify(text);
  if (!/^[0-9]+$/.test(text)) return `strconv.ParseUint: parsing ${quoted}: invalid syntax`;
  return BigInt(text) > UINT64_MAX
    ? `strconv.ParseUint: parsing ${quoted}: value out of range`
    : undefined;
}

/** The number; `""` is 0. Throws what a watch or a get answers: a plain 500, as upstream. */
export function parseResourceVersion(text: string): number {
  if (text === "") return 0;
  const problem = parseUintError(text);
  if (problem === undefined) return Number(text);
  throw new StatusError(
    500,
    "",
    `resourceVersion: Invalid value: ${JSON.stringify(text)}: ${problem}`,
  );
}

/** The number; `""` is 0. Throws what a list answers. */
export function parseListResourceVersion(text: string): number {
  try {
    return parseResourceVersion(text);
  } catch (error) {
    throw badRequest(`invalid resource version: ${(error as Error).message}`);
  }
}

/** 504: the version asked for lies in the future. A cache may catch up, so it says when to ask again. */
export function tooLargeResourceVersion(
  asked: number,
  current: number,
  uncached = false,
): StatusError {
  return new StatusError(
    504,
    "Timeout",
    `Timeout: Too large resource version: ${asked}, current: ${current}`,
    {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      ...(uncached ? {} : { retryAfterSeconds: 1 }),
    },
  );
}
