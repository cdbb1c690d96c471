// sprig's functions on semantic versions and ranges of them. Source: sprig's
// documentation, "Semantic Version Functions".

import { compareVersions, parseVersion, type Version } from "../semantic_version.ts";
import { fixed, type Functions } from "./function.ts";
import { CallError, GoInt, GoObject } from "./values.ts";

const LOOSE = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?((?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)$/;

/** A version of which minor and patch may be left out. */
function parse(text: string): Version {
  const match = LOOSE.exec(text);
  const [, major, minor = "0", patch = "0", suffix = ""] = match ?? [];
  // Zeros in front are left out of numbers, and wrong in what follows them.
  if (/^-(?:[^+]*\.)?0\d+(?:[.+]|$)/.test(suffix)) {
    throw new CallError("version segment starts with 0");
  }
  const numbers = [major, minor, patch].map((part) => part?.replace(/^0+(?=\d)/, "")).join(".");
  const version = match === null ? undefined : parseVersion(numbers + suffix);
  if (version === undefined) throw new CallError("invalid semantic version");
  return version;
}

function write({ major, minor, patch, pre, build }: Version): string {
  const suffix = pre.length > 0 ? `-${pre.join(".")}` : "";
  return `${major}.${minor}.${patch}${suffix}${build === "" ? "" : `+${build}`}`;
}

function toObject(text: string): GoObject {
  const version = parse(text);
  const { major, minor, patch, pre, build } = version;
  const number = (value: number) => new GoInt(value, "uint64");
  return new GoObject(
    "*semver.Version",
    write(version),
    new Map([
      ["Major", number(major)],
      ["Minor", number(minor)],
      ["Patch", number(patch)],
      ["Prerelease", pre.join(".")],
      ["Metadata", build],
      ["Original", text],
      ["String", write(version)],
    ] as [string, GoInt | string][]),
  );
}

/** A bound, and how much of its version was written. */
interface Constraint {
  readonly operator: string;
  readonly version: Version;
  /** Which number is the first that is left open. */
  readonly open: "major" | "minor" | "patch" | undefined;
}

const NUMBER = "[0-9xX*]+";
const WRITTEN = `v?(${NUMBER})(?:\\.(${NUMBER}))?(?:\\.(${NUMBER}))?` +
  "(-[0-9A-Za-z.-]+)?(\\+[0-9A-Za-z.-]+)?";
const OPERATOR = "=>|=<|>=|<=|!=|~>|=|>|<|~|\\^|";
const ONE = new RegExp(`\\s*(${OPERATOR})\\s*${WRITTEN}\\s*,?\\s*`, "y");
const HYPHEN = /\s*(\S+)\s+-\s+(\S+)\s*/g;

function parseOne(match: RegExpExecArray, whole: string): Constraint {
  const [, operator = "", major = "", minor = "*", patch = "*", pre = ""] = match;
  const isOpen = (part: string) => /^[xX*]$/.test(part);
  const open = isOpen(major)
    ? "major"
    : isOpen(minor)
    ? "minor"
    : isOpen(patch)
    ? "patch"
    : undefined;
  const numbers = open === "major"
    ? "0.0.0"
    : open === "minor"
    ? `${major}.0.0`
    : `${major}.${minor}.${open === "patch" ? 0 : patch}`;
  const version = parseVersion(numbers + pre);
  if (version === undefined) throw new CallError(`improper constraint: ${whole}`);
  return { operator, version, open };
}

/** Longer texts are no constraints. */
const LENGTH_MAX = 1_000;

/** Groups of constraints, one of which has to hold as a whole. */
function parseConstraints(text: string): Constraint[][] {
  if (text.length > LENGTH_MAX) throw new CallError(`improper constraint: ${text}`);
  const ranges = text.replace(HYPHEN, ">= $1, <= $2 ");
  return ranges.split("||").map((group) => {
    const found: Constraint[] = [];
    ONE.lastIndex = 0;
    let end = 0;
    for (let match = ONE.exec(group); match !== null; match = ONE.exec(group)) {
      found.push(parseOne(match, group));
      end = ONE.lastIndex;
    }
    if (found.length === 0 || end < group.length || /,\s*$/.test(group)) {
      throw new CallError(`improper constraint: ${group}`);
    }
    return found;
  });
}

function holds({ operator, version: bound, open }: Constraint, version: Version): boolean {
  const order = compareVersions(version, bound);
  const sameMajor = version.major === bound.major;
  const sameMinor = sameMajor && version.minor === bound.minor;
  const within = open === "major" || (open === "minor" ? sameMajor : sameMinor);
  switch (operator) {
    case "":
    case "=":
      return open === undefined ? order === 0 : order >= 0 && within;
    case "!=":
      return open === undefined ? order !== 0 : !within;
    case ">":
      return order > 0 && !(open !== undefined && within);
    case "<":
      return order < 0;
    case ">=":
    case "=>":
      return order >= 0;
    case "<=":
    case "=<":
      return order <= 0 || (open !== undefined && within);
    case "^":
      return order >= 0 && withinCaret(bound, open, version);
    default:
      return order >= 0 && (within || isLowest(bound, open));
  }
}

/** `~0.0.0` leaves all open. */
function isLowest({ major, minor, patch }: Version, open: Constraint["open"]): boolean {
  return open === undefined && major === 0 && minor === 0 && patch === 0;
}

/** Whether the first number that is not zero is the same. */
function withinCaret(bound: Version, open: Constraint["open"], version: Version): boolean {
  if (open === "major") return true;
  if (bound.major > 0 || open === "minor") return version.major === bound.major;
  if (version.major > 0) return false;
  if (bound.minor > 0 || open === "patch") return version.minor === bound.minor;
  return version.minor === 0 && version.patch === bound.patch;
}

function check(constraint: string, text: string): boolean {
  const groups = parseConstraints(constraint);
  const version = parse(text);
  return groups.some((group) => {
    // Versions before a release count only where such a one is asked for.
    const asked = group.some((one) => one.version.pre.length > 0);
    if (version.pre.length > 0 && !asked) return false;
    return group.every((one) => holds(one, version));
  });
}

/** The functions. */
export const VERSION_FUNCTIONS: Functions = {
  semver: fixed(["string"], toObject),
  semverCompare: fixed(["string", "string"], check),
};
