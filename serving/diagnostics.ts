// The diagnostics of a controller process: metrics, profiles, and how much
// it logs. Source: Cluster API's diagnostics options.

import type { Clock } from "../runtime/clock.ts";
import { type Metric, metricsText } from "../runtime/metrics/mod.ts";
import type { Serve, ServedRequest, ServedResponse } from "./http_server.ts";
import { serveProfiles } from "./profiler.ts";

/** Options of {@linkcode serveDiagnostics}. */
export interface DiagnosticsOptions {
  /** What `/metrics` shows. */
  readonly metrics: readonly Metric[];
  /** All time. */
  readonly clock: Clock;
  /** Absent: only metrics are served, as where nobody is asked who they are. */
  readonly debug?: {
    /** Sets the verbosity of the log. Throws with one line when the text is no level. */
    setVerbosity(text: string): void;
  };
}

const TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8";

/** Answers `/metrics`, and `/debug/pprof/*` and `PUT /debug/flags/v` where debugging is on. */
export function serveDiagnostics({ metrics, clock, debug }: DiagnosticsOptions): Serve {
  const profiles = serveProfiles(clock);
  return async (request) => {
    const { path } = request;
    if (path === "/metrics") {
      return { status: 200, type: TEXT_FORMAT, body: metricsText(metrics) };
    }
    if (debug !== undefined && path.startsWith("/debug/pprof")) return await profiles(request);
    if (debug !== undefined && path === "/debug/flags/v") {
      return await setVerbosity(request, (text) => debug.setVerbosity(text));
    }
    return { status: 404, body: "404 page not found\n" };
  };
}

async function setVerbosity(
  request: ServedRequest,
  set: (text: string) => void,
): Promise<ServedResponse> {
  if (request.method !== "PUT") return { status: 405, body: "Use PUT\n" };
  const text = (await request.text(64)).trim();
  try {
    set(text);
  } catch (error) {
    return { status: 400, body: `${(error as Error).message}\n` };
  }
  return { status: 200, body: `successfully set v to ${text}\n` };
}
