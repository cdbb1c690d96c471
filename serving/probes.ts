// `/healthz` and `/readyz` for kubelets, in the words of controller-runtime's
// pkg/healthz: what is wrong with a check is told only to who asks for it.

import type { Serve, ServedResponse } from "./http_server.ts";

/** Something that can be amiss. Throws or rejects when it is. */
export type Check = () => void | Promise<void>;

/** The checks by name. Each endpoint has the check `ping`, too. */
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
    if (name === "") return await all(checks, query);
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) return NOT_FOUND;
    const failure = await failureOf(check);
    return failure === undefined
      ? { status: 200, body: "ok" }
      : { status: 500, body: `internal server error: ${failure}\n` };
  };
}

async function all(
  checks: Readonly<Record<string, Check>>,
  query: URLSearchParams,
): Promise<ServedResponse> {
  const excluded = new Set(query.getAll("exclude"));
  const lines = await Promise.all(
    Object.keys(checks).sort().map(async (name) => {
      if (excluded.delete(name)) return `[+]${name} excluded: ok`;
      const failure = await failureOf(checks[name] as Check);
      return failure === undefined ? `[+]${name} ok` : `[-]${name} failed: reason withheld`;
    }),
  );
  const failed = lines.some((line) => line.startsWith("[-]"));
  if (!failed && !query.has("verbose")) return { status: 200, body: "ok" };
  if (excluded.size > 0) {
    const names = [...excluded].map((name) => JSON.stringify(name)).join(",");
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  return failed
    ? { status: 500, body: `${lines.join("\n")}\nhealthz check failed\n` }
    : { status: 200, body: `${lines.join("\n")}\nhealthz check passed\n` };
}

async function failureOf(check: Check): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
