// Semantic versions as Kubernetes releases carry them, with a leading `v`.
// Not a range matcher. Source: semver.org 2.0.0, precedence rules.

/** A parsed version. */
export interface Version {
  /** The first number. */
  readonly major: number;
  /** The second number. */
  readonly minor: number;
  /** The third number. */
  readonly patch: number;
  /** Dot-separated identifiers behind `-`. */
  readonly pre: readonly string[];
  /** What follows `+`, `""` when there is none. */
  readonly build: string;
}

const NUMBER = "(0|[1-9]\\d{0,8})";
const PATTERN = new RegExp(
  `^v?${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-([0-9A-Za-z.-]+))?(?:\\+([0-9A-Za-z.-]+))?$`,
);

/** Parses `v1.33.0` and `1.33.0-rc.1+build`; `undefined` for anything else. */
export function parseVersion(text: string): Version | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, major, minor, patch, pre, build = ""] = match;
  const identifiers = pre?.split(".") ?? [];
  if (identifiers.some((id) => id === "" || /^0\d+$/.test(id))) {
    return undefined;
  }
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    pre: identifiers,
    build,
  };
}

/** Orders two versions: below, at, above zero. Build metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch ||
    comparePre(a.pre, b.pre);
}

function comparePre(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = compareIdentifiers(a[i] as string, b[i] as string);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareIdentifiers(a: string, b: string): number {
  const numbers = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (numbers[0] && numbers[1]) return Number(a) - Number(b);
  if (numbers[0] !== numbers[1]) return numbers[0] ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The text of the oldest version; `undefined` when none can be parsed. */
export function oldestVersion(texts: Iterable<string | undefined>): string | undefined {
  const versions = [...texts].flatMap((text = "") => {
    const version = parseVersion(text);
    return version === undefined ? [] : [{ text, version }];
  });
  return versions.sort((a, b) => compareVersions(a.version, b.version))[0]?.text;
}

/** Whether a version is of `major.minor` or later; suffixes are left aside. Unparseable versions count as new. */
export function isAtLeast(text: string, major: number, minor: number): boolean {
  const version = parseVersion(text);
  if (version === undefined) return true;
  return version.major > major ||
    (version.major === major && version.minor >= minor);
}
