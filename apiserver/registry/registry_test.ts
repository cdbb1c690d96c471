// The verbs on a whole server, as an in-process client sees them, and what
// only the registry's own interface shows (results, streams, tokens).

import { assert, assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../../runtime/clock.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { SeededRandom } from "../../runtime/random.ts";
import { StatusError } from "../../runtime/status.ts";
import { adminUser } from "../../runtime/user.ts";
import type { AdmissionPlugin } from "../admission/plugin.ts";
import type {
  ListRequestOptions,
  RequestContext,
  Target,
  WatchResult,
  WatchStream,
  WriteRequestOptions,
} from "../request.ts";
import { ApiServer, type ApiServerOptions } from "../server.ts";

const WRITE: WriteRequestOptions = { dryRun: false, fieldManager: "", fieldValidation: "Strict" };
const LIST: ListRequestOptions = {
  labelSelector: "",
  fieldSelector: "",
  limit: 0,
  continue: "",
  resourceVersion: "",
  resourceVersionMatch: "",
  allowWatchBookmarks: false,
};

class Fixture {
  readonly clock = new VirtualClock();
  readonly server: ApiServer;
  readonly warnings: string[] = [];
  readonly context: RequestContext = {
    user: adminUser,
    userAgent: "test/1.0",
    warn: (text) => void this.warnings.push(text),
  };

  constructor(options: ApiServerOptions = {}) {
    this.server = new ApiServer({ clock: this.clock, random: new SeededRandom(1), ...options });
  }

  target(name = "", namespace = "default", resource = "configmaps"): Target {
    const definition = this.server.definitions.lookup("", "v1", resource)!;
    return { definition, namespace: definition.namespaced ? namespace : "", name };
  }

  configMap(name: string, more: Record<string, unknown> = {}, data = { a: "1" }): KubeObject {
    return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, ...more }, data };
  }

  async create(name: string, more: Record<string, unknown> = {}): Promise<KubeObject> {
    const object = this.configMap(name, more);
    const result = await this.server.registry.create(this.context, this.target(), object, WRITE);
    return result.object;
  }

  async names(options: Partial<ListRequestOptions> = {}): Promise<string[]> {
    const { items } = await this.server.registry.list(this.context, this.target(), {
      ...LIST,
      ...options,
    });
    return items.map(({ object }) => object.metadata.name!);
  }

  watch(options: Partial<ListRequestOptions> = {}): Promise<WatchStream> {
    return this.server.registry.watch(this.context, this.target(), { ...LIST, ...options });
  }

  [Symbol.dispose](): void {
    this.server.close();
  }
}

function seen(events: readonly WatchResult[] | undefined): string[] | undefined {
  return events?.map(({ type, object }) => `${type} ${object.metadata.name ?? ""}`.trim());
}

async function rejection(promise: Promise<unknown>): Promise<StatusError> {
  return await assertRejects(() => promise, StatusError);
}

Deno.test("create() fills in system fields and refuses a name that is taken", async () => {
  using fixture = new Fixture();
  const object = await fixture.create("a", {
    uid: "mine",
    creationTimestamp: "2001-01-01T00:00:00Z",
  });
  assertEquals(object.metadata.namespace, "default");
  assertEquals(object.metadata.creationTimestamp, "2026-01-01T00:00:00Z");
  assert(object.metadata.uid !== "mine");
  assertEquals(object.metadata.managedFields?.[0]?.manager, "test");
  const error = await rejection(fixture.create("a"));
  assertEquals(error.message, 'configmaps "a" already exists');
});

Deno.test("create() draws another name when a generated one is taken", async () => {
  const draws = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5, 0.5, 0.5, 0.5, 0.5];
  const real = new SeededRandom(3);
  const random = { next: () => draws.shift() ?? real.next(), uuid: () => real.uuid() };
  using fixture = new Fixture({ random });
  const first = await fixture.create("", { generateName: "made-" });
  const second = await fixture.create("", { generateName: "made-" });
  assertEquals(first.metadata.name, "made-bbbbb");
  assert(second.metadata.name !== first.metadata.name);
});

Deno.test("create() as a dry run stores nothing", async () => {
  using fixture = new Fixture();
  const { revision } = fixture.server.store;
  const { object, created } = await fixture.server.registry.create(
    fixture.context,
    fixture.target(),
    fixture.configMap("a"),
    { ...WRITE, dryRun: true },
  );
  assertEquals([created, object.metadata.resourceVersion], [true, undefined]);
  assertEquals(fixture.server.store.revision, revision);
});

Deno.test("create() refuses bad metadata with the texts of the real server", async () => {
  using fixture = new Fixture();
  const cases: [Record<string, unknown>, string][] = [
    [
      { name: "" },
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ],
    [
      { finalizers: ["nodomain"] },
      'ConfigMap "a" is invalid: metadata.finalizers[0]: Invalid value: "nodomain": name is neither a standard finalizer name nor is it fully qualified',
    ],
    [
      { finalizers: ["orphan", "foregroundDeletion"] },
      'ConfigMap "a" is invalid: metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
    ],
    [
      { ownerReferences: [{ apiVersion: "v1", kind: "Event", name: "e", uid: "u" }] },
      'ConfigMap "a" is invalid: metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"e","uid":"u"}: /v1, Kind=Event is disallowed from being an owner',
    ],
    [
      { annotations: { big: "x".repeat(262144) } },
      'ConfigMap "a" is invalid: metadata.annotations: Too long: may not be more than 262144 bytes',
    ],
    [
      { namespace: "other" },
      "the namespace of the provided object does not match the namespace sent on the request",
    ],
    [{ resourceVersion: "5" }, "resourceVersion should not be set on objects to be created"],
  ];
  for (const [more, message] of cases) {
    assertEquals((await rejection(fixture.create("a", more))).message, message);
  }
});

Deno.test("update() conflicts with stale versions and keeps the revision when nothing changes", async () => {
  using fixture = new Fixture();
  const { registry, store } = fixture.server;
  const old = await fixture.create("a");
  const put = (more: Record<string, unknown>, data?: { a: string }) =>
    registry.update(
      fixture.context,
      fixture.target("a"),
      fixture.configMap("a", more, data),
      WRITE,
    );
  const { object } = await put({}, { a: "2" });
  const { revision } = store;
  assertEquals((await put({}, { a: "2" })).object, object);
  assertEquals(store.revision, revision);
  const stale = await rejection(put({ resourceVersion: old.metadata.resourceVersion }));
  assertEquals(
    stale.message,
    'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
  );
  assertEquals((await rejection(put({ uid: "other" }))).code, 409);
  assertEquals((await rejection(put({ resourceVersion: "abc" }))).code, 500);
});

Deno.test("update() that takes away the last finalizer of a deleted object is its end", async () => {
  using fixture = new Fixture();
  const { registry, store } = fixture.server;
  await fixture.create("a", { finalizers: ["example.com/hold"] });
  const deletion = await registry.delete(fixture.context, fixture.target("a"), { dryRun: false });
  assert(deletion.kind === "object");
  assertEquals(deletion.result.object.metadata.deletionGracePeriodSeconds, 0);
  const cursor = store.watch("/configmaps", store.revision);
  const { object } = await registry.update(
    fixture.context,
    fixture.target("a"),
    fixture.configMap("a"),
    WRITE,
  );
  assertEquals(object.metadata.finalizers, undefined);
  assertEquals(store.get("/configmaps", "default/a"), undefined);
  const [event] = cursor.read()!;
  assertEquals(event?.type, "DELETED");
  assertEquals(event?.entry.object.metadata.finalizers, ["example.com/hold"]);
});

Deno.test("update() works again on the newest version when admission takes time and somebody else is faster", async () => {
  let interfere: (() => Promise<void>) | undefined;
  const slow: AdmissionPlugin = {
    name: "Slow",
    handles: ({ operation }) => operation === "UPDATE",
    async admit() {
      const act = interfere;
      interfere = undefined;
      await act?.();
    },
  };
  using fixture = new Fixture({ admission: [slow] });
  const client = fixture.server.client();
  const configMaps = { apiVersion: "v1", resource: "configmaps" };
  const key = { namespace: "default", name: "a" };
  await fixture.create("a");
  interfere = async () => void await client.patch(configMaps, key, "merge", { data: { b: "2" } });
  const patched = await client.patch(configMaps, key, "merge", { data: { c: "3" } });
  assertEquals(patched.data, { a: "1", b: "2", c: "3" });
});

Deno.test("delete() checks preconditions and answers what was deleted", async () => {
  using fixture = new Fixture();
  const { registry } = fixture.server;
  const { metadata } = await fixture.create("a");
  const remove = (preconditions: { uid?: string; resourceVersion?: string }) =>
    registry.delete(fixture.context, fixture.target("a"), { dryRun: false, preconditions });
  const error = await rejection(remove({ uid: "other" }));
  assertEquals(
    error.message,
    `Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (other) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
  );
  assertEquals(await remove({ uid: metadata.uid! }), {
    kind: "status",
    name: "a",
    uid: metadata.uid!,
    accepted: false,
  });
  assertEquals((await rejection(remove({}))).message, 'configmaps "a" not found');
});

Deno.test("delete() of a namespace marks it and nothing new goes in", async () => {
  using fixture = new Fixture();
  const { registry } = fixture.server;
  const namespaces = fixture.target("", "", "namespaces");
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } };
  await registry.create(fixture.context, namespaces, namespace, WRITE);
  const target = { ...namespaces, name: "n" };
  const deletion = await registry.delete(fixture.context, target, { dryRun: false });
  assert(deletion.kind === "object");
  assertEquals(deletion.result.object.status, { phase: "Terminating" });
  const error = await rejection(
    registry.create(fixture.context, fixture.target("", "n"), fixture.configMap("a"), WRITE),
  );
  assertEquals(error.reason, "Forbidden");
  assertEquals(error.status.details?.causes?.[0]?.reason, "NamespaceTerminating");
  const absent = await rejection(
    registry.create(fixture.context, fixture.target("", "absent"), fixture.configMap("a"), WRITE),
  );
  assertEquals(absent.message, 'namespaces "absent" not found');
});

Deno.test("list() pages consistently and goes on inconsistently once history is gone", async () => {
  using fixture = new Fixture();
  const { registry, store } = fixture.server;
  for (const name of ["a", "b", "c", "d"]) await fixture.create(name);
  const target = fixture.target();
  const first = await registry.list(fixture.context, target, { ...LIST, limit: 2 });
  assertEquals(first.remainingItemCount, 2);
  await fixture.create("bb");
  await registry.delete(fixture.context, fixture.target("c"), { dryRun: false });
  assertEquals(await fixture.names({ continue: first.continue! }), ["c", "d"]);
  store.compact(store.revision);
  const expired = await rejection(fixture.names({ continue: first.continue! }));
  assertEquals([expired.code, expired.reason], [410, "Expired"]);
  const { continue: token } = expired.status.metadata;
  assertEquals(await fixture.names({ continue: String(token) }), ["bb", "d"]);
});

Deno.test("list() refuses options that do not go together", async () => {
  using fixture = new Fixture();
  const cases: [Partial<ListRequestOptions>, number, string][] = [
    [{ resourceVersion: "abc" }, 400, "invalid resource version"],
    [{ resourceVersion: "99999" }, 504, "Timeout: Too large resource version: 99999, current: "],
    [{ resourceVersionMatch: "Exact" }, 422, "resourceVersionMatch is forbidden unless"],
    [{ continue: "abc" }, 400, "invalid character 'i' looking for beginning of value"],
    [{ continue: "e30" }, 400, "server does not recognize this encoded version"],
    [{ labelSelector: "a in b" }, 400, "unable to parse requirement: found 'b' expected: '('"],
    [{ fieldSelector: "spec.nope=x" }, 400, '"spec.nope" is not a known field selector'],
    [{ sendInitialEvents: true }, 422, "sendInitialEvents is forbidden for list"],
  ];
  for (const [options, code, message] of cases) {
    const error = await rejection(fixture.names(options));
    assertEquals(error.code, code);
    assert(error.message.includes(message), error.message);
  }
});

Deno.test("watch() turns changes of selection into ADDED and DELETED", async () => {
  using fixture = new Fixture();
  const { registry, store } = fixture.server;
  const stream = await fixture.watch({
    labelSelector: "on",
    resourceVersion: String(store.revision),
  });
  const label = (labels: Record<string, string | null>) =>
    registry.patch(fixture.context, fixture.target("a"), {
      kind: "merge",
      body: { metadata: { labels } },
      strictErrors: [],
    }, WRITE);
  await fixture.create("a");
  await label({ on: "1" });
  await label({ on: "2" });
  const { object } = await label({ on: null });
  const events = await stream.next();
  assertEquals(seen(events), ["ADDED a", "MODIFIED a", "DELETED a"]);
  const last = events![2]!.object.metadata;
  assertEquals([last.labels, last.resourceVersion], [{ on: "2" }, object.metadata.resourceVersion]);
  stream.close();
  assertEquals(await stream.next(), undefined);
});

Deno.test("watch() sends the present state first and marks its end", async () => {
  using fixture = new Fixture();
  await fixture.create("a");
  const stream = await fixture.watch({ allowWatchBookmarks: true });
  const events = await stream.next();
  assertEquals(seen(events), ["ADDED a", "BOOKMARK"]);
  assertEquals(events![1]!.object.metadata.annotations, { "k8s.io/initial-events-end": "true" });
  const next = stream.next();
  await fixture.create("b");
  assertEquals(seen(await next), ["ADDED b"]);
});

Deno.test("watch() gives watches that begin together one array, also after others have gone on, and no old one", async () => {
  using fixture = new Fixture();
  for (const name of ["a", "b"]) await fixture.create(name);
  const [first, second] = [await fixture.watch(), await fixture.watch()];
  const taken = first.take();
  assert(taken === second.take());
  assertEquals([first.take(), second.take()], [[], []]);
  await fixture.create("c");
  const third = await fixture.watch();
  assertEquals(seen(third.take() as WatchResult[]), ["ADDED a", "ADDED b", "ADDED c"]);
  assertEquals(seen(first.take() as WatchResult[]), ["ADDED c"]);
  const selective = await fixture.watch({ fieldSelector: "metadata.name=b" });
  assertEquals(seen(selective.take() as WatchResult[]), ["ADDED b"]);
  for (const stream of [first, second, third, selective]) stream.close();
});

Deno.test("watch() ends in time, with the store, and with an error when it has fallen behind", async () => {
  using fixture = new Fixture({ events_max: 4 });
  const timed = await fixture.watch({
    timeoutSeconds: 5,
    sendInitialEvents: false,
    resourceVersionMatch: "NotOlderThan",
  });
  const end = timed.next();
  await fixture.clock.advance(5_000);
  assertEquals(await end, undefined);
  const behind = await fixture.watch({ resourceVersion: String(fixture.server.store.revision) });
  for (let i = 0; i < 6; i++) await fixture.create(`c${i}`);
  const [error] = (await behind.next())!;
  assertEquals([error?.type, error?.object.code, error?.object.reason], ["ERROR", 410, "Expired"]);
  assertEquals(await behind.next(), undefined);
  const open = await fixture.watch({ resourceVersion: String(fixture.server.store.revision) });
  const last = open.next();
  fixture.server.close();
  assertEquals(await last, undefined);
});

Deno.test("watch() sends bookmarks once a minute when asked to", async () => {
  using fixture = new Fixture();
  const stream = await fixture.watch({
    allowWatchBookmarks: true,
    resourceVersion: String(fixture.server.store.revision),
  });
  const next = stream.next();
  await fixture.clock.advance(60_000);
  assertEquals(seen(await next), ["BOOKMARK"]);
  stream.close();
});

Deno.test("deleteCollection() deletes what the selectors find", async () => {
  using fixture = new Fixture();
  await fixture.create("a", { labels: { go: "1" } });
  await fixture.create("b");
  const { items } = await fixture.server.registry.deleteCollection(
    fixture.context,
    fixture.target(),
    { dryRun: false },
    { ...LIST, labelSelector: "go" },
  );
  assertEquals(items.map(({ object }) => object.metadata.name), ["a"]);
  assertEquals(await fixture.names(), ["b"]);
});

Deno.test("get() answers the stored entry and refuses versions of the future", async () => {
  using fixture = new Fixture();
  await fixture.create("a");
  const { registry, store } = fixture.server;
  const { entry } = await registry.get(fixture.context, fixture.target("a"), "0");
  assertEquals(entry, store.get("/configmaps", "default/a"));
  assertEquals(
    (await rejection(registry.get(fixture.context, fixture.target("a"), "99999"))).code,
    504,
  );
});
