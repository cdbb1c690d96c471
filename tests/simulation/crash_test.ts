// `capim up --data-dir` is killed while clients write, and started again:
// everything that was acknowledged is there. A real process, a real file and
// SIGKILL; the order of events is the machine's, the moment of death is drawn.

import { assert, assertEquals } from "@std/assert";
import { Dice } from "./dice.ts";
import { UpProcess } from "./up_process.ts";

const ROUNDS = 2;
const WRITERS = 4;

/** What a client knows of an object. */
interface Known {
  /** The last value that was acknowledged; absent: not even the creation was. */
  acknowledged?: number;
  /** The last value that was sent. */
  sent: number;
}

const COLLECTION = "/api/v1/namespaces/default/configmaps";

/** One client: makes objects and counts up in them, one request after the other. */
async function write(
  up: UpProcess,
  known: Map<string, Known>,
  prefix: string,
  newest: { revision: number },
): Promise<void> {
  for (let i = 0;; i++) {
    const name = `${prefix}-${i >> 2}`;
    let object = known.get(name);
    if (object === undefined) known.set(name, object = { sent: -1 });
    const value = ++object.sent;
    const data = { value: String(value) };
    const answer = value === 0
      ? await up.send("POST", COLLECTION, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name },
        data,
      })
      : await up.send("PATCH", `${COLLECTION}/${name}`, { data }, "application/merge-patch+json");
    if (answer === undefined) return;
    assert(answer.status === 200 || answer.status === 201, `${name}: ${JSON.stringify(answer)}`);
    object.acknowledged = value;
    newest.revision = Math.max(newest.revision, Number(answer.body.metadata.resourceVersion));
  }
}

/** Every acknowledged value is there; what was cut off is there or not. */
async function verify(
  up: UpProcess,
  known: ReadonlyMap<string, Known>,
  newest: number,
): Promise<void> {
  const answer = await up.send("GET", COLLECTION);
  assertEquals(answer?.status, 200);
  const list = answer!.body as unknown as {
    metadata: { resourceVersion: string };
    items: { metadata: { name: string }; data?: { value: string } }[];
  };
  assert(Number(list.metadata.resourceVersion) >= newest, "resourceVersions have gone back");
  const found = new Map(list.items.map(({ metadata, data }) => [metadata.name, data?.value]));
  for (const [name, { acknowledged, sent }] of known) {
    const value = found.get(name);
    if (acknowledged === undefined) continue;
    assert(value !== undefined, `${name} was acknowledged and is gone`);
    assert(
      Number(value) >= acknowledged && Number(value) <= sent,
      `${name} is ${value}; ${acknowledged} was acknowledged and ${sent} sent`,
    );
  }
}

const TOKENS = "/api/v1/namespaces/default/serviceaccounts/default/token";
const REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews";

async function makeToken(up: UpProcess): Promise<string> {
  const answer = await up.send("POST", TOKENS, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: {},
  });
  assertEquals(answer?.status, 201, JSON.stringify(answer));
  return (answer!.body as unknown as { status: { token: string } }).status.token;
}

/** Service accounts are believed whom a process before believed. */
async function verifyTokens(up: UpProcess, tokens: readonly string[]): Promise<void> {
  for (const token of tokens) {
    const answer = await up.send("POST", REVIEWS, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token },
    });
    const { status } = answer!.body as unknown as {
      status: { authenticated?: boolean; user?: { username: string } };
    };
    assert(status.authenticated, JSON.stringify(status));
    assertEquals(status.user?.username, "system:serviceaccount:default:default");
  }
}

Deno.test("what was acknowledged survives a killed process", async () => {
  const seed = Number(Deno.env.get("SEED") ?? Deno.pid);
  const dice = new Dice(seed);
  const folder = await Deno.makeTempDir({ prefix: "capim-crash-" });
  const known = new Map<string, Known>();
  const newest = { revision: 0 };
  const tokens: string[] = [];
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      await using up = await UpProcess.start(folder);
      await verify(up, known, newest.revision);
      await verifyTokens(up, tokens);
      if (round === ROUNDS) break;
      tokens.push(await makeToken(up));
      const before = [...known.values()].length;
      const clients = Array.from(
        { length: WRITERS },
        (_, i) => write(up, known, `r${round}-w${i}`, newest),
      );
      await new Promise((resolve) => setTimeout(resolve, 200 + dice.below(500)));
      await up.kill();
      await Promise.all(clients);
      assert(known.size > before, `Nothing was written in round ${round}`);
    }
  } catch (error) {
    throw new Error(`SEED=${seed}: ${(error as Error).message}`, { cause: error });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
