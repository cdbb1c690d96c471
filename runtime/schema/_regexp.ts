// Regular expressions of schemas, with the syntax, meaning and linear time of
// Go's RE2. The platform's engine backtracks, so it is used only for patterns
// that cannot make it do so.

import { RE2JS } from "re2js";

/** Tells whether a text matches somewhere. */
export interface Regexp {
  test(text: string): boolean;
}

/** More are not remembered. */
const CACHE_MAX = 2_000;
const cache = new Map<string, Regexp>();

// Anchored at the start, no groups, no alternatives, no `.` (it means
// different characters in the two engines); quantifiers on single characters
// and classes only, and at most one without an upper bound.
const CLASS = "\\[\\^?(?:[A-Za-z0-9 _/:.@,+*?|(){}$!#%&~=-]|\\\\[-.dw\\\\/])+\\]";
const SIMPLE = new RegExp(
  `^\\^(?:(?:[A-Za-z0-9 _/:@,-]|\\\\[-./dw]|${CLASS})(?:[?*+]|\\{[0-9]{1,3}(?:,[0-9]{0,3})?\\})?)*\\$?$`,
);
const UNBOUNDED = /(?:[*+]|,\})/g;

function isSimple(pattern: string): boolean {
  if (!SIMPLE.test(pattern)) return false;
  const outside = pattern.replace(new RegExp(CLASS, "g"), "x").replace(/\\./g, "x");
  return (outside.match(UNBOUNDED)?.length ?? 0) <= 1;
}

function compile(pattern: string): Regexp {
  const compiled = RE2JS.compile(pattern);
  if (isSimple(pattern)) {
    try {
      return new RegExp(pattern.replaceAll("\\-", "\\x2d"), "u");
    } catch {
      // What the platform's syntax does not allow is left to the other engine.
    }
  }
  return remembering((text) => compiled.test(text));
}

/** Texts longer than this are not remembered. */
const TEXT_MAX = 100;
const ANSWERS_MAX = 100;

/** The same kinds, reasons and names come again and again; asking the engine costs microseconds a character. */
function remembering(test: (text: string) => boolean): Regexp {
  const answers = new Map<string, boolean>();
  return {
    test(text) {
      if (text.length > TEXT_MAX) return test(text);
      let answer = answers.get(text);
      if (answer === undefined) {
        if (answers.size >= ANSWERS_MAX) answers.clear();
        answers.set(text, answer = test(text));
      }
      return answer;
    },
  };
}

/** Compiles a pattern. Throws an `Error` with the text of Go's regexp package. */
export function compileRegexp(pattern: string): Regexp {
  let found = cache.get(pattern);
  if (found === undefined) {
    found = compile(pattern);
    if (cache.size >= CACHE_MAX) cache.clear();
    cache.set(pattern, found);
  }
  return found;
}
