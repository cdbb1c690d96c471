// Semantic versions. Source: Kubernetes' semver library, with the error texts
// of the parser it uses.

import { goQuote } from "../../go_text.ts";
import { compareVersions, type Version } from "../../semantic_version.ts";
import { declare } from "../declarations.ts";
import type { Library } from "../environment.ts";
import { structType, type Type } from "../types.ts";
import { EvaluationError, fail, Opaque, type Value } from "../values.ts";

const SEMVER = structType("kubernetes.Semver");

/** A version. */
export class SemverValue extends Opaque {
  constructor(readonly version: Version) {
    super();
  }
  get celType(): Type {
    return SEMVER;
  }
  override equals(other: Value): boolean {
    return other instanceof SemverValue && compareVersions(this.version, other.version) === 0;
  }
}

function number(part: string, name: string): number {
  if (!/^[0-9]*$/.test(part)) {
    return fail(`Invalid character(s) found in ${name} number ${goQuote(part)}`);
  }
  if (part.length > 1 && part.startsWith("0")) {
    return fail(
      `${name[0]!.toUpperCase()}${name.slice(1)} number must not contain leading zeroes ${
        goQuote(part)
      }`,
    );
  }
  if (part === "") return fail(`strconv.ParseUint: parsing "": invalid syntax`);
  if (BigInt(part) >= 2n ** 64n) {
    return fail(`strconv.ParseUint: parsing ${goQuote(part)}: value out of range`);
  }
  return Number(part);
}

function identifiers(text: string): string[] {
  return text.split(".").map((part) => {
    if (part === "") return fail("prerelease is empty");
    if (/^[0-9]+$/.test(part)) {
      if (part.length > 1 && part.startsWith("0")) {
        return fail(`Numeric PreRelease version must not contain leading zeroes ${goQuote(part)}`);
      }
    } else if (!/^[0-9A-Za-z-]+$/.test(part)) {
      return fail(`Invalid character(s) found in prerelease ${goQuote(part)}`);
    }
    return part;
  });
}

function parse(text: string): Version {
  if (text === "") return fail("Version string empty");
  const parts = splitThree(text);
  if (parts.length !== 3) return fail("No Major.Minor.Patch elements found");
  const [majorText, minorText, rest] = parts as [string, string, string];
  const major = number(majorText, "major");
  const minor = number(minorText, "minor");
  const plus = rest.indexOf("+");
  const build = plus < 0 ? "" : rest.slice(plus + 1);
  const patchAndPre = plus < 0 ? rest : rest.slice(0, plus);
  const dash = patchAndPre.indexOf("-");
  const patch = number(dash < 0 ? patchAndPre : patchAndPre.slice(0, dash), "patch");
  const pre = dash < 0 ? [] : identifiers(patchAndPre.slice(dash + 1));
  if (plus >= 0) {
    for (const part of build.split(".")) {
      if (part === "") fail("Build meta data is empty");
      if (!/^[0-9A-Za-z-]+$/.test(part)) {
        fail(`Invalid character(s) found in build meta data ${goQuote(part)}`);
      }
    }
  }
  return { major, minor, patch, pre, build };
}

function splitThree(text: string): string[] {
  const parts = text.split(".");
  return parts.length <= 3 ? parts : [parts[0]!, parts[1]!, parts.slice(2).join(".")];
}

/** Takes a leading `v`, missing numbers and leading zeros. */
function parseLoosely(text: string): Version {
  const parts = splitThree(text.replace(/^v/, "")).map((part) => {
    if (part.length <= 1) return part;
    const stripped = part.replace(/^0+/, "");
    return /^[0-9]/.test(stripped) ? stripped : `0${stripped}`;
  });
  if (parts.length < 3 && /[+-]/.test(parts.at(-1)!)) {
    return fail("short version cannot contain PreRelease/Build meta data");
  }
  while (parts.length < 3) parts.push("0");
  return parse(parts.join("."));
}

function read(text: Value | undefined, normalize: Value | undefined): Version {
  return normalize === true ? parseLoosely(text as string) : parse(text as string);
}

function isSemver(text: Value | undefined, normalize: Value | undefined): boolean {
  try {
    read(text, normalize);
    return true;
  } catch (error) {
    if (error instanceof EvaluationError) return false;
    throw error;
  }
}

const of = (value: Value | undefined): Version => (value as SemverValue).version;
const type = "kubernetes.Semver";

/** Kubernetes' semver library. */
export const SEMANTIC_VERSIONS: Library = {
  types: [SEMVER],
  functions: [
    declare("semver", [
      ["string_to_semver", `(string) -> ${type}`],
      ["string_bool_to_semver", `(string, bool) -> ${type}`],
    ], (text, normalize) => new SemverValue(read(text, normalize))),
    declare("isSemver", [
      ["is_semver_string", "(string) -> bool"],
      ["is_semver_string_bool", "(string, bool) -> bool"],
    ], isSemver),
    declare(
      "isGreaterThan",
      [["semver_is_greater_than", `${type}.(${type}) -> bool`]],
      (a, b) => compareVersions(of(a), of(b)) > 0,
    ),
    declare(
      "isLessThan",
      [["semver_is_less_than", `${type}.(${type}) -> bool`]],
      (a, b) => compareVersions(of(a), of(b)) < 0,
    ),
    declare(
      "compareTo",
      [["semver_compare_to", `${type}.(${type}) -> int`]],
      (a, b) => Math.sign(compareVersions(of(a), of(b))),
    ),
    declare("major", [["semver_major", `${type}.() -> int`]], (value) => of(value).major),
    declare("minor", [["semver_minor", `${type}.() -> int`]], (value) => of(value).minor),
    declare("patch", [["semver_patch", `${type}.() -> int`]], (value) => of(value).patch),
  ],
};
