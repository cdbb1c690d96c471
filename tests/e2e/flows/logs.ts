// Reads the logs of the managers and of the provider for errors that a healthy
// cluster would not leave there.

import { isAllowed } from "./allowed_lines.ts";
import type { Stack } from "./stack.ts";

/** Level error of klog, of our own logs, or a crash. */
const CONNECTED = /cluster_accessor\.go:\d+\] "Connected"/;
const COMPLAINT =
  /^(E\d{4} |[0-9T:.-]+Z error |panic: |fatal error: |Uncaught |error: |capim controller: )/;

/** What began before a manager had connected ends soon after. */
const SETTLING_S = 5;

/** Lines that are not allowed, each kind once with how often it came. */
export async function complaints(stack: Stack, takenUp: boolean): Promise<string[]> {
  const found = new Map<string, { line: string; count: number }>();
  const version = stack.clusterApi;
  for (const { name, log } of [...stack.managers, stack.provider.program]) {
    const connected = new Map<string, number>();
    for (const line of await entries(log)) {
      const namespace = namespaceOf(line);
      if (CONNECTED.test(line) && !connected.has(namespace)) {
        connected.set(namespace, secondOf(line));
      }
      if (!COMPLAINT.test(line)) continue;
      const since = connected.get(namespace) ?? Infinity;
      const beforeConnected = secondOf(line) < since + SETTLING_S;
      if (isAllowed(line, { program: name, version, takenUp, beforeConnected })) continue;
      const key = `${name}: ${blot(line)}`;
      const seen = found.get(key);
      if (seen === undefined) found.set(key, { line: `${name}: ${line}`, count: 1 });
      else seen.count++;
    }
  }
  return [...found.values()].map(({ line, count }) => `${count} x ${line}`);
}

/** Errors that are not allowed, and the last lines, of every log about a namespace. */
export async function excerpts(
  stack: Stack,
  takenUp: boolean,
  namespace: string,
  lines = 6,
): Promise<string[]> {
  const found: string[] = [];
  for (const program of [...stack.managers, stack.provider.program]) {
    const about = (await entries(program.log)).filter((line) => line.includes(namespace));
    const context = {
      program: program.name,
      version: stack.clusterApi,
      takenUp,
      beforeConnected: true,
    };
    const errors = about.filter((line) =>
      (COMPLAINT.test(line) || /^\S+Z warn /.test(line)) && !isAllowed(line, context)
    );
    const shown = new Set([...errors.slice(-lines), ...about.slice(-lines)]);
    found.push(...[...shown].map((line) => `${program.name}: ${line.slice(0, 700)}`));
  }
  return found;
}

/** The lines of a log; what klog spreads over several, between `err=<` and `>`, is one. */
async function entries(log: string): Promise<string[]> {
  const text = await Deno.readTextFile(log);
  return text.replace(/=<\n([^]*?)\n >/g, (_, lines) => `="${lines.replace(/\s+/g, " ")}"`).split(
    "\n",
  );
}

/** Of the first object that the line names. */
function namespaceOf(line: string): string {
  return line.match(/="([a-z0-9-]+)\/[a-z0-9-]+"/)?.[1] ?? "";
}

/** Of the day, as klog tells it. */
function secondOf(line: string): number {
  const [, hours, minutes, seconds] = line.match(/^[A-Z]\d{4} (\d+):(\d+):(\d+)/) ?? [];
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** Without what differs from one object to the next. */
function blot(line: string): string {
  return line
    .replace(/^E\d{4} [\d:.]+ +\d+ /, "")
    .replace(/[a-z0-9-]*flow-[a-z0-9-]+/g, "NAME")
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UID")
    .replace(/\d+/g, "N");
}
