// `/healthz` and `/readyz` for kubelets. Source: controller-runtime
// pkg/healthz.

import type { Serve, ServedResponse } from "./http_server.ts";

/** Something that can be amiss. Throws or rejects when it is. */
export type Check = () => void | Promise<void>;

/** The checks by name. */
export interface Probes {
  /** Whether the process works at all. */
  readonly healthz: Readonly<Record<string, Check>>;
  /** Whether it does what it is there for. */
  readonly readyz: Readonly<Record<string, Check>>;
}

const NOT_FOUND: ServedResponse = { status: 404, body: "404 page not found\n" };

/** Answers probes; each check also below its endpoint, `?verbose` lists them, `?exclude=NAME` leaves one out. */
export function serveProbes(probes: Probes): Serve {
  return async ({ path, query }) => {
    const [, endpoint = "", name = "", ...rest] = path.split("/");
    if ((endpoint !== "healthz" && endpoint !== "readyz") || rest.length > 0) return NOT_FOUND;
    const checks: Readonly<Record<string, Check>> = { ping: () => {}, ...probes[endpoint] };
    if (name === "") return await all(endpoint, checks, query);
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) return NOT_FOUND;
    const failure = await failureOf(check);
    return failure === undefined
      ? { status: 200, body: "ok" }
      : { status: 500, body: `internal server error: ${failure}\n` };
  };
}

async function all(
  endpoint: string,
  checks: Readonly<Record<string, Check>>,
  query: URLSearchParams,
): Promise<ServedResponse> {
  const excluded = query.getAll("exclude");
  const lines: string[] = [];
  let failed = false;
  for (const [name, check] of Object.entries(checks)) {
    if (excluded.includes(name)) {
      lines.push(`[+]${name} excluded: ok`);
      continue;
    }
    const failure = await failureOf(check);
    failed ||= failure !== undefined;
    lines.push(failure === undefined ? `[+]${name} ok` : `[-]${name} failed: ${failure}`);
  }
  const text = `${lines.join("\n")}\n${endpoint} check ${failed ? "failed" : "passed"}\n`;
  if (failed) return { status: 500, body: text };
  return { status: 200, body: query.has("verbose") ? text : "ok" };
}

async function failureOf(check: Check): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
