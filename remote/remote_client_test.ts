import { assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../runtime/clock.ts";
import { SeededRandom } from "../runtime/random.ts";
import { StatusError } from "../runtime/status.ts";
import { RemoteClient, type RemoteClientOptions } from "./remote_client.ts";
import type { RemoteRequest, RemoteResponse, Transport } from "./transport.ts";

interface Scripted {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** Breaks off after the body. */
  readonly broken?: boolean;
}

/** Answers from a script and remembers what it was asked. */
class ScriptedTransport implements Transport {
  readonly asked: RemoteRequest[] = [];
  readonly #script: (request: RemoteRequest, turn: number) => Scripted | Error;

  constructor(script: (request: RemoteRequest, turn: number) => Scripted | Error) {
    this.#script = script;
  }

  send(request: RemoteRequest): Promise<RemoteResponse> {
    this.asked.push(request);
    const answer = this.#script(request, this.asked.length);
    if (answer instanceof Error) return Promise.reject(answer);
    const { status = 200, headers = {}, body = {}, broken } = answer;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return Promise.resolve({
      status,
      header: (name) => headers[name],
      body: (async function* () {
        // In small pieces, as a network may cut anywhere.
        const bytes = new TextEncoder().encode(text);
        for (let at = 0; at < bytes.length; at += 7) {
          yield await Promise.resolve(bytes.subarray(at, at + 7));
        }
        if (broken) throw new Error("socket hang up");
      })(),
      cancel() {},
    });
  }

  close(): void {}
}

function clientOf(
  script: (request: RemoteRequest, turn: number) => Scripted | Error,
  more: Partial<RemoteClientOptions> = {},
) {
  const transport = new ScriptedTransport(script);
  const clock = new VirtualClock();
  const random = new SeededRandom(1);
  const client = new RemoteClient({
    transport,
    clock,
    random,
    userAgent: "capim/1",
    qps: 1e6,
    burst: 1e6,
    ...more,
  });
  return { client, transport, clock };
}

const PODS = { apiVersion: "v1", resource: "pods" };
const DEPLOYMENTS = { apiVersion: "apps/v1", resource: "deployments" };
const POD = { apiVersion: "v1", kind: "Pod", metadata: { namespace: "ns", name: "a" } };

Deno.test("RemoteClient asks as the API is laid out", async () => {
  const { client, transport } = clientOf(() => ({ body: POD }));
  const key = { namespace: "ns", name: "a" };
  await client.get(PODS, key, { subresource: "status" });
  await client.create(DEPLOYMENTS, POD, { dryRun: true });
  await client.update(PODS, POD, { subresource: "status", fieldManager: "me" });
  await client.patch(DEPLOYMENTS, key, "apply", { a: 1 }, { force: true });
  await client.delete(PODS, key, { gracePeriodSeconds: 0, preconditions: { uid: "u" } });
  await client.deleteCollection(PODS, { namespace: "ns", labels: "a=b" });
  assertEquals(
    transport.asked.map(({ method, path }) => `${method} ${path}`),
    [
      "GET /api/v1/namespaces/ns/pods/a/status",
      "POST /apis/apps/v1/namespaces/ns/deployments?fieldManager=capim&dryRun=All",
      "PUT /api/v1/namespaces/ns/pods/a/status?fieldManager=me",
      "PATCH /apis/apps/v1/namespaces/ns/deployments/a?fieldManager=capim&force=true",
      "DELETE /api/v1/namespaces/ns/pods/a",
      "DELETE /api/v1/namespaces/ns/pods?labelSelector=a%3Db",
    ],
  );
  assertEquals(transport.asked[3]?.headers["content-type"], "application/apply-patch+yaml");
  assertEquals(JSON.parse(transport.asked[4]?.body ?? ""), {
    apiVersion: "v1",
    kind: "DeleteOptions",
    gracePeriodSeconds: 0,
    preconditions: { uid: "u" },
  });
});

Deno.test("RemoteClient.list() reads all pages, and all at once when a page has expired", async () => {
  const page = (names: string[], next?: string) => ({
    body: {
      kind: "PodList",
      apiVersion: "v1",
      metadata: { resourceVersion: "9", ...(next === undefined ? {} : { continue: next }) },
      items: names.map((name) => ({ metadata: { name } })),
    },
  });
  const whole = clientOf((_, turn) => turn === 1 ? page(["a"], "x") : page(["b"]));
  const list = await whole.client.list(PODS, { namespace: "ns" });
  assertEquals(list.items.map(({ kind, metadata }) => [kind, metadata.name]), [
    ["Pod", "a"],
    ["Pod", "b"],
  ]);
  assertEquals(list.resourceVersion, "9");
  assertEquals(whole.transport.asked[1]?.path, "/api/v1/namespaces/ns/pods?limit=500&continue=x");
  const expired = clientOf((_, turn) =>
    turn === 1
      ? page(["a"], "x")
      : turn === 2
      ? { status: 410, body: { kind: "Status", code: 410, reason: "Expired", message: "old" } }
      : page(["a", "b"])
  );
  assertEquals((await expired.client.list(PODS)).items.length, 2);
  assertEquals(expired.transport.asked[2]?.path, "/api/v1/pods");
});

Deno.test("RemoteClient's failures are StatusErrors", async () => {
  const cases: [Scripted | Error, number, string, string][] = [
    [
      {
        status: 409,
        body: { kind: "Status", code: 409, reason: "Conflict", message: "changed" },
      },
      409,
      "Conflict",
      "changed",
    ],
    [{ status: 404, body: "404 page not found\n" }, 404, "NotFound", "404 page not found"],
    [{ status: 502, body: "" }, 502, "", "The server answered 502"],
    [{ body: "<html>" }, 503, "ServiceUnavailable", "was not answered in JSON"],
    [{ body: "{", broken: true }, 503, "ServiceUnavailable", "socket hang up"],
    [new Error("connect ECONNREFUSED"), 503, "ServiceUnavailable", "connect ECONNREFUSED"],
    [{ body: "x".repeat(2000) }, 413, "RequestEntityTooLarge", "larger than 1000 bytes"],
  ];
  for (const [answer, code, reason, message] of cases) {
    const { client } = clientOf(() => answer, { bodyBytesMax: 1000 });
    const error = await assertRejects(() => client.get(PODS, { name: "a" }), StatusError, message);
    assertEquals([error.code, error.reason], [code, reason]);
  }
});

Deno.test("RemoteClient asks again when a busy server says when", async () => {
  const { client, transport, clock } = clientOf((_, turn) =>
    turn < 3 ? { status: 429, headers: { "retry-after": "2" } } : { body: POD }
  );
  const answer = client.get(PODS, { name: "a" });
  await clock.advance(1_999);
  assertEquals(transport.asked.length, 1);
  await clock.advance(2_001);
  assertEquals((await answer).metadata.name, "a");
  assertEquals(transport.asked.length, 3);
});

const event = (type: string, resourceVersion: string) =>
  JSON.stringify({ type, object: { ...POD, metadata: { name: "ä", resourceVersion } } });

Deno.test("RemoteClient.watch() yields events and ends with the connection", async () => {
  const { client, transport } = clientOf(() => ({
    body: `${event("ADDED", "1")}\n\n${event("BOOKMARK", "2")}\n{"type":"ADD`,
    broken: true,
  }));
  const seen: string[] = [];
  const query = { namespace: "ns", resourceVersion: "7", bookmarks: true, labels: "a" };
  for await (const { type, object } of client.watch(PODS, query)) {
    seen.push(`${type} ${object.metadata.name} ${object.metadata.resourceVersion}`);
  }
  assertEquals(seen, ["ADDED ä 1", "BOOKMARK ä 2"]);
  const url = new URL(transport.asked[0]?.path ?? "", "http://x");
  assertEquals(url.pathname, "/api/v1/namespaces/ns/pods");
  const { timeoutSeconds, ...rest } = Object.fromEntries(url.searchParams);
  assertEquals(rest, {
    labelSelector: "a",
    resourceVersion: "7",
    watch: "true",
    allowWatchBookmarks: "true",
  });
  assertEquals(Number(timeoutSeconds) >= 300 && Number(timeoutSeconds) <= 600, true);
});

Deno.test("RemoteClient.watch() throws what an ERROR event says, and for what is no event", async () => {
  const read = async (body: string) => {
    const { client } = clientOf(() => ({ body }));
    for await (const _ of client.watch(PODS)) { /* nothing */ }
  };
  const gone = `{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n`;
  const error = await assertRejects(() => read(gone), StatusError);
  assertEquals(error.code, 410);
  await assertRejects(() => read("nonsense\n"), StatusError, "sent what is no event");
  await assertRejects(() => read('{"type":"ADDED"}\n'), StatusError, "sent what is no event");
});

Deno.test("RemoteClient lets burst requests through at once, and the others at its rate", async () => {
  const { client, transport, clock } = clientOf(() => ({ body: POD }), { qps: 10, burst: 5 });
  const answers = Array.from({ length: 20 }, () => client.get(PODS, { name: "a" }));
  await clock.advance(0);
  assertEquals(transport.asked.length, 5);
  await clock.advance(1_000);
  assertEquals(transport.asked.length, 15);
  await clock.advance(1_000);
  await Promise.all(answers);
  assertEquals(transport.asked.length, 20);
});
