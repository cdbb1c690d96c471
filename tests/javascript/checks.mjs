// Collects what a program checks: a line for each, and how many held.

/** Prints a line of a program's output. */
export function say(line) {
  // deno-lint-ignore no-console -- a program's output
  console.log(line);
}

/** What a run of checks has found so far. */
export class Checks {
  passed = 0;
  failed = 0;

  /** Runs one check: it holds unless it throws. */
  async check(name, act) {
    try {
      await act();
      this.passed++;
      say(`PASS ${name}`);
    } catch (error) {
      this.failed++;
      say(`FAIL ${name}: ${error?.body ?? error?.stack ?? error}`);
    }
  }
}

/** Throws unless both say the same as JSON. */
export function equal(actual, expected, about = "") {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${about} is ${a}, not ${b}`);
}

/** Waits until `holds` gives something other than a falsy value; gives that. */
export async function until(holds, what, timeout_ms = 10_000) {
  const end = performance.now() + timeout_ms;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (performance.now() > end) throw new Error(`it did not come to pass: ${what}`);
    await new Promise((next) => setTimeout(next, 20));
  }
}

/** The status code that a call is refused with. */
export async function refusal(call) {
  try {
    await call();
  } catch (error) {
    if (error?.code === undefined) throw error;
    return error.code;
  }
  throw new Error("the call was not refused");
}
