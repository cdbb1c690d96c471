// A process whose memory has a ceiling (`--memory-limit`), flooded until it is
// reached: new lists and watches are refused in the words of the real server,
// of every cluster; single reads and writes go on; and once the flood is over
// everything is as before, without anybody's doing.

import { request } from "node:https";
import type { Target } from "./connections.ts";
import { Ground } from "./ground.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const WATCH_SECONDS = 1;
const POLL_MS = 250;
/** The platform gives memory back some time after a flood. */
const RECOVERY_MS_MAX = 120_000;

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
}

/** What was seen. */
export interface CeilingSeen {
  /** Before the flood: all of them are served. */
  readonly before: readonly number[];
  /** Lists and watches of both clusters at the ceiling. */
  readonly refused: readonly Answer[];
  /** A single read and a write of both clusters at the ceiling. */
  readonly served: readonly number[];
  /** How long after the flood lists were served again; `undefined`: they were not. */
  readonly recovered_ms: number | undefined;
  /** Resident memory before, at the ceiling and after, in bytes. */
  readonly rss: readonly number[];
}

function ask(target: Target, method: string, path: string, body?: unknown): Promise<Answer> {
  const { host, port, authority: ca, certificate: cert, key } = target;
  const options = { host, port, ca, cert, key, agent: false as const, method, path };
  return new Promise((resolve, reject) => {
    const asked = request({ ...options, headers: { "content-type": "application/json" } });
    asked.on("response", (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => text.length < 1_000 && (text += chunk));
      const retryAfter = answer.headers["retry-after"];
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text, retryAfter }));
      answer.on("error", reject);
    });
    asked.on("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function growing(target: Target): Promise<Answer[]> {
  return Promise.all([
    ask(target, "GET", MAPS),
    ask(target, "GET", `${MAPS}?watch=true&timeoutSeconds=${WATCH_SECONDS}`),
  ]);
}

function modest(target: Target, name: string): Promise<Answer[]> {
  const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name } };
  return Promise.all([
    ask(target, "GET", "/api/v1/namespaces/default"),
    ask(target, "POST", MAPS, map),
  ]);
}

/** Floods a process that may grow by so many MiB, from so many connections. */
export async function reachCeiling(
  { mebibytes, connections }: { readonly mebibytes: number; readonly connections: number },
): Promise<CeilingSeen> {
  await using ground = await Ground.open(["", String(mebibytes)]);
  const targets = [ground.targets.attacked, ground.targets.bystander];
  const all = async (act: (target: Target) => Promise<Answer[]>) =>
    (await Promise.all(targets.map(act))).flat();
  const before = await all(growing);
  const { rss: rss_before } = await ground.holding();
  await ground.order({ open: "lists that are not read", count: connections });
  let refused = await all(growing);
  const deadline_ms = performance.now() + 10_000;
  while (refused.some(({ status }) => status !== 429) && performance.now() < deadline_ms) {
    await new Promise((next) => setTimeout(next, POLL_MS));
    refused = await all(growing);
  }
  const { rss: rss_full } = await ground.holding();
  const served = await all((target) => modest(target, "at-the-ceiling"));
  await ground.order("let go");
  const recovered_ms = await recovery(() => all(growing));
  const { rss } = await ground.holding();
  return {
    before: before.map(({ status }) => status),
    refused,
    served: served.map(({ status }) => status),
    recovered_ms,
    rss: [rss_before, rss_full, rss],
  };
}

async function recovery(ask: () => Promise<Answer[]>): Promise<number | undefined> {
  const begin_ms = performance.now();
  while (performance.now() - begin_ms < RECOVERY_MS_MAX) {
    if ((await ask()).every(({ status }) => status === 200)) return performance.now() - begin_ms;
    await new Promise((next) => setTimeout(next, POLL_MS));
  }
  return undefined;
}
