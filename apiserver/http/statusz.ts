// `/statusz`: how long the server has been up and what it is, for people.
// Source: k8s.io/component-base zpages/statusz.

import type { VersionInfo } from "./version.ts";

const WARNING = "Warning: This endpoint is not meant to be machine parseable, has no formatting " +
  "compatibility guarantees and is for debugging purposes only.";
const PATHS = ["/healthz", "/livez", "/metrics", "/readyz", "/statusz", "/version"];

/** The page of a server of that version that was started then. */
export function statusz(version: VersionInfo, started_ms: number, now_ms: number): string {
  const { gitVersion, goVersion, major, minor } = version;
  const seconds = Math.floor((now_ms - started_ms) / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const up = `${Math.floor(seconds / 3600)} hr ${two(Math.floor(seconds / 60) % 60)} min ${
    two(seconds % 60)
  } sec`;
  return `
apiserver statusz
${WARNING}

Started: ${unixDate(started_ms)}
Up: ${up}
Go version: ${goVersion}
Binary version: ${gitVersion.replace(/^v/, "")}
Emulation version: ${major}.${minor}
Paths: ${PATHS.join(" ")}
`;
}

/** `Tue Dec  1 06:31:29 UTC 2026`. */
function unixDate(ms: number): string {
  const [, day, date = "", month, year, time] =
    /^(\w+), (\d+) (\w+) (\d+) (\S+)/.exec(new Date(ms).toUTCString()) ?? [];
  return `${day} ${month} ${String(Number(date)).padStart(2)} ${time} UTC ${year}`;
}
