// sprig's functions on slash-separated paths; no file is looked at. Source:
// the documentation of package path.

import { fixed, type Functions } from "./function.ts";

/** The shortest path of the same meaning. */
function clean(path: string): string {
  const rooted = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!rooted) parts.push(part);
  }
  return (rooted ? "/" : "") + parts.join("/") || ".";
}

function base(path: string): string {
  if (path === "") return ".";
  let end = path.length;
  while (path[end - 1] === "/") end--;
  const name = path.slice(0, end);
  return name.slice(name.lastIndexOf("/") + 1) || "/";
}

function extension(path: string): string {
  return /\.[^./]*$/.exec(path)?.[0] ?? "";
}

const PATHS: Functions = {
  base: fixed(["string"], base),
  dir: fixed(["string"], (path) => clean(path.slice(0, path.lastIndexOf("/") + 1))),
  clean: fixed(["string"], clean),
  ext: fixed(["string"], extension),
  isAbs: fixed(["string"], (path) => path.startsWith("/")),
};

/** The functions; those of the operating system are the same on Linux. */
export const PATH_FUNCTIONS: Functions = {
  ...PATHS,
  ...Object.fromEntries(
    Object.entries(PATHS).map(([name, one]) =>
      [`os${name.slice(0, 1).toUpperCase()}${name.slice(1)}`, one] as const
    ),
  ),
};
