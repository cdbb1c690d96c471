// What `/debug/pprof/` answers here: profiles of V8, which Chrome's
// developer tools open. Not Go's format, which `go tool pprof` would want.

import { Session } from "node:inspector";
import { getHeapSnapshot } from "node:v8";
import { type Clock, sleep } from "../runtime/clock.ts";
import type { Serve, ServedRequest, ServedResponse } from "./http_server.ts";

const SECONDS_DEFAULT = 30;
const SECONDS_MAX = 300;
const INDEX = [
  "/debug/pprof/profile?seconds=30   CPU profile of V8 (.cpuprofile)",
  "/debug/pprof/heap                 heap snapshot of V8 (.heapsnapshot)",
  "",
  "Both open in Chrome's developer tools; the CPU profile also in speedscope.",
  "They are not in the format of Go's pprof.",
  "",
].join("\n");

/** Answers below `/debug/pprof/`. One profile at a time. */
export function serveProfiles(clock: Clock): Serve {
  let busy = false;
  return async (request) => {
    const name = request.path.replace(/^\/debug\/pprof\/?/, "");
    if (name === "") return { status: 200, body: INDEX };
    if (name !== "profile" && name !== "heap") {
      return { status: 404, body: `There is no profile "${name}".\n\n${INDEX}` };
    }
    if (busy) return { status: 503, body: "Another profile is being taken\n" };
    busy = true;
    try {
      return name === "heap" ? await heap() : await cpu(request, clock);
    } finally {
      busy = false;
    }
  };
}

async function heap(): Promise<ServedResponse> {
  const parts: Uint8Array[] = [];
  for await (const part of getHeapSnapshot() as AsyncIterable<Uint8Array>) parts.push(part);
  // Parts, since a snapshot may be longer than the longest string.
  return download("capim.heapsnapshot", ReadableStream.from(parts));
}

async function cpu({ query, signal }: ServedRequest, clock: Clock): Promise<ServedResponse> {
  const text = query.get("seconds") ?? String(SECONDS_DEFAULT);
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds < 1 || seconds > SECONDS_MAX) {
    return {
      status: 400,
      body: `seconds is "${text}"; it must be a whole number from 1 to ${SECONDS_MAX}\n`,
    };
  }
  const session = new Session();
  session.connect();
  const post = (method: string) =>
    new Promise<{ profile?: unknown }>((resolve, reject) =>
      session.post(
        method,
        (error: Error | null, answer?: object) =>
          error === null ? resolve(answer ?? {}) : reject(error),
      )
    );
  try {
    await post("Profiler.enable");
    await post("Profiler.start");
    await sleep(clock, seconds * 1000, signal);
    const { profile } = await post("Profiler.stop");
    return download("capim.cpuprofile", JSON.stringify(profile));
  } finally {
    session.disconnect();
  }
}

function download(name: string, body: ServedResponse["body"]): ServedResponse {
  return {
    status: 200,
    type: "application/json",
    headers: { "content-disposition": `attachment; filename="${name}"` },
    body,
  };
}
