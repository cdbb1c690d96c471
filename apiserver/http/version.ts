// Which Kubernetes this is. Source: /version of kube-apiserver 1.36.3.

import { parseVersion } from "../../runtime/semantic_version.ts";

/** What `/version` answers. */
export interface VersionInfo {
  /** Such as `1`. */
  readonly major: string;
  /** Such as `36`. */
  readonly minor: string;
  /** The API that is emulated, since 1.33. */
  readonly emulationMajor?: string;
  /** As `emulationMajor`. */
  readonly emulationMinor?: string;
  /** The oldest API that it can be compatible with, since 1.33. */
  readonly minCompatibilityMajor?: string;
  /** As `minCompatibilityMajor`. */
  readonly minCompatibilityMinor?: string;
  /** Such as `v1.36.3`. */
  readonly gitVersion: string;
  /** The build is nobody's: there is no such commit. */
  readonly gitCommit: string;
  /** `clean`. */
  readonly gitTreeState: string;
  /** RFC 3339. */
  readonly buildDate: string;
  /** Of the compiler. */
  readonly goVersion: string;
  /** `gc`. */
  readonly compiler: string;
  /** Operating system and architecture. */
  readonly platform: string;
}

/** The version of the API that is served. */
export const SERVED_VERSION = "v1.36.3";
/** The first minor version that tells what it emulates. */
const EMULATION_SINCE = 33;

/** What a server of that version answers. What is no version is taken for {@linkcode SERVED_VERSION}. */
export function versionInfo(gitVersion: string = SERVED_VERSION): VersionInfo {
  const version = parseVersion(gitVersion);
  if (version === undefined) return versionInfo();
  const [major, minor] = [String(version.major), String(version.minor)];
  return {
    major,
    minor,
    ...(version.minor < EMULATION_SINCE ? {} : {
      emulationMajor: major,
      emulationMinor: minor,
      minCompatibilityMajor: major,
      minCompatibilityMinor: String(version.minor - 1),
    }),
    gitVersion,
    gitCommit: "0000000000000000000000000000000000000000",
    gitTreeState: "clean",
    buildDate: "2026-01-01T00:00:00Z",
    goVersion: "go1.26.0",
    compiler: "gc",
    platform: "linux/amd64",
  };
}
