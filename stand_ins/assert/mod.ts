// A local stand-in for jsr:@std/assert, used where the JSR registry is out of
// reach: the signatures and behaviour of std's for what capim's tests use,
// over node:assert. It is never published.

import { deepStrictEqual, notDeepStrictEqual } from "node:assert/strict";
import { inspect } from "node:util";

/** Thrown when an assertion does not hold. */
export class AssertionError extends Error {
  /** The name by which it is known. */
  override name = "AssertionError";
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === "object" && isPlain(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, plain(member)]),
    );
  }
  return value;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Fails unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Fails always. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${msg ? `: ${msg}` : "."}`);
}

/** Fails unless the two are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  try {
    deepStrictEqual(plain(actual), plain(expected));
  } catch (error) {
    throw new AssertionError(
      `${msg ? `${msg}: ` : ""}${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Fails if the two are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  try {
    notDeepStrictEqual(plain(actual), plain(expected));
  } catch (error) {
    throw new AssertionError(
      `${msg ? `${msg}: ` : ""}${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Fails unless the two are the same value (`Object.is`). */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (!Object.is(actual, expected)) {
    throw new AssertionError(
      `${msg ? `${msg}: ` : ""}${inspect(actual)} is not ${inspect(expected)}`,
    );
  }
}

/** Fails if `actual` is `null` or `undefined`. */
export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    throw new AssertionError(
      `${msg ? `${msg}: ` : ""}Expected actual: "${actual}" to not be null or undefined`,
    );
  }
}

/** Fails unless `actual` holds `expected`. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  if (!actual.includes(expected)) {
    throw new AssertionError(
      `${msg ? `${msg}: ` : ""}Expected actual: "${actual}" to contain: "${expected}"`,
    );
  }
}

/** Fails unless `actual` matches. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (!expected.test(actual)) {
    throw new AssertionError(
      `${msg ? `${msg}: ` : ""}Expected actual: "${actual}" to match: "${expected}"`,
    );
  }
}

/** Fails unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) {
    throw new AssertionError(
      `${msg ? `${msg}: ` : ""}Expect ${actual} > ${expected}`,
    );
  }
}

/** Fails unless `actual <= expected`. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (!(actual <= expected)) {
    throw new AssertionError(
      `${msg ? `${msg}: ` : ""}Expect ${actual} <= ${expected}`,
    );
  }
}

// deno-lint-ignore no-explicit-any -- std's own signature
type ErrorConstructor<E extends Error> = new (...args: any[]) => E;

function checkThrown<E extends Error>(
  thrown: unknown,
  errorClass?: ErrorConstructor<E>,
  includes?: string,
  msg?: string,
): E {
  const prefix = msg ? `${msg}: ` : "";
  if (!(thrown instanceof Error)) {
    throw new AssertionError(
      `${prefix}A non-Error object was thrown: ${inspect(thrown)}`,
    );
  }
  if (errorClass !== undefined && !(thrown instanceof errorClass)) {
    throw new AssertionError(
      `${prefix}Expected error to be instance of "${errorClass.name}", but was ${inspect(thrown)}`,
    );
  }
  if (includes !== undefined && !thrown.message.includes(includes)) {
    throw new AssertionError(
      `${prefix}Expected error message to include "${includes}", but got "${thrown.message}"`,
    );
  }
  return thrown as E;
}

/** Fails unless `fn` throws; gives back what it threw. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClass?: ErrorConstructor<E>,
  msgIncludes?: string,
  msg?: string,
): E {
  try {
    fn();
  } catch (error) {
    return checkThrown(error, errorClass, msgIncludes, msg);
  }
  throw new AssertionError(
    `${msg ? `${msg}: ` : ""}Expected function to throw`,
  );
}

/** Fails unless the promise of `fn` rejects; gives back what it rejected with. */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass?: ErrorConstructor<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E> {
  try {
    await fn();
  } catch (error) {
    return checkThrown(error, errorClass, msgIncludes, msg);
  }
  throw new AssertionError(
    `${msg ? `${msg}: ` : ""}Expected function to reject`,
  );
}
