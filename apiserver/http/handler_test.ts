import { assert, assertEquals, assertMatch } from "@std/assert";
import { unauthorized } from "../../runtime/status.ts";
import { adminUser } from "../../runtime/user.ts";
import { decodeProtobuf, encodeProtobuf } from "../protobuf/mod.ts";
import type { ApiServerOptions } from "../server.ts";
import { fetchAdapter } from "./fetch.ts";
import { CONFIG_MAPS, configMap, serve } from "./_server_for_test.ts";

async function message(response: Response): Promise<[code: number, message: string]> {
  const status = await response.json();
  assertEquals(status.code ?? response.status, response.status);
  return [response.status, status.message];
}

Deno.test("createHttpHandler() creates, reads, lists, changes and deletes objects", async () => {
  using cluster = serve();
  const { ask } = cluster;
  const created = await ask("POST", CONFIG_MAPS, { body: configMap("a") });
  assertEquals(created.status, 201);
  assertEquals((await created.json()).metadata.namespace, "default");
  const read = await (await ask("GET", `${CONFIG_MAPS}/a`)).text();
  assertMatch(read, /^\{"kind":"ConfigMap","apiVersion":"v1","metadata":\{.*\}\n$/);
  await ask("POST", CONFIG_MAPS, { body: configMap("b") });
  const list = await (await ask("GET", CONFIG_MAPS)).json();
  assertEquals(list.kind, "ConfigMapList");
  assertEquals(list.items.map((item: { metadata: { name: string } }) => item.metadata.name), [
    "a",
    "b",
  ]);
  assertEquals(list.items[0].kind, undefined);
  const patched = await ask("PATCH", `${CONFIG_MAPS}/a`, {
    headers: { "content-type": "application/merge-patch+json" },
    body: { data: { b: "2" } },
  });
  assertEquals((await patched.json()).data, { a: "1", b: "2" });
  const deleted = await ask("DELETE", `${CONFIG_MAPS}/a`, {
    body: { kind: "DeleteOptions", apiVersion: "v1" },
  });
  const { status, details } = await deleted.json();
  assertEquals([status, details.name, details.kind], ["Success", "a", "configmaps"]);
  assertEquals((await ask("GET", `${CONFIG_MAPS}/a`)).status, 404);
});

Deno.test("createHttpHandler() answers what is not there or not allowed as the real server does", async () => {
  using cluster = serve();
  const { ask } = cluster;
  const unknown = "the server could not find the requested resource";
  const method = "the server does not allow this method on the requested resource";
  const cases: [string, string, number, string][] = [
    ["GET", "/api/v1/bogus", 404, unknown],
    ["GET", "/api/v2", 404, unknown],
    ["GET", `${CONFIG_MAPS}/a/b`, 404, unknown],
    ["GET", "/api/v1/configmaps/a", 404, unknown],
    ["GET", "/api/v1/namespaces/default/nodes", 404, unknown],
    ["PUT", CONFIG_MAPS, 405, method],
    ["POST", "/api/v1/configmaps", 405, method],
    ["PURGE", "/api/v1/namespaces", 405, method],
    ["GET", `${CONFIG_MAPS}/absent`, 404, 'configmaps "absent" not found'],
  ];
  for (const [verb, path, code, text] of cases) {
    assertEquals(await message(await ask(verb, path)), [code, text], `${verb} ${path}`);
  }
  for (const path of ["/bogus", "/apis/bogus.example/v1", "/apis/bogus.example/v1/things"]) {
    const response = await ask("GET", path);
    assertEquals([response.status, await response.text()], [404, "404 page not found\n"]);
  }
});

Deno.test("createHttpHandler() tells who may not what", async () => {
  const denied: ApiServerOptions = {
    authorizer: { authorize: ({ user }) => ({ allowed: user.name === "root", reason: "" }) },
    authenticators: [{
      authenticate: ({ headers }) => {
        const { authorization } = headers;
        if (authorization === undefined) return Promise.resolve(undefined);
        if (authorization !== "Bearer good") return Promise.reject(unauthorized());
        return Promise.resolve({ name: "jane", groups: ["team"] });
      },
    }],
  };
  using cluster = serve(denied, null);
  const { server, ask } = cluster;
  assertEquals(await message(await ask("GET", "/version")), [
    403,
    'forbidden: User "system:anonymous" cannot get path "/version"',
  ]);
  const token = { headers: { authorization: "Bearer good" } };
  assertEquals(await message(await ask("GET", `${CONFIG_MAPS}/a`, token)), [
    403,
    'configmaps "a" is forbidden: User "jane" cannot get resource "configmaps" in API group "" in the namespace "default"',
  ]);
  assertEquals(await message(await ask("GET", "/apis/apps/v1/deployments?watch=1", token)), [
    403,
    'deployments.apps is forbidden: User "jane" cannot watch resource "deployments" in API group "apps" at the cluster scope',
  ]);
  const bad = { headers: { authorization: "Bearer bad" } };
  assertEquals(await message(await ask("GET", "/version", bad)), [401, "Unauthorized"]);
  const impersonating = { headers: { ...token.headers, "impersonate-user": "root" } };
  assertEquals(await message(await ask("GET", "/version", impersonating)), [
    403,
    'users "root" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope',
  ]);
  const root = fetchAdapter(server.handler, { user: { name: "root", groups: [] } });
  const asSomebody = await root(
    new Request("https://localhost/version", { headers: { "impersonate-user": "jane" } }),
  );
  assertEquals(asSomebody.status, 403);
});

Deno.test("createHttpHandler() serves Tables, metadata, YAML and protobuf", async () => {
  using cluster = serve();
  const { ask } = cluster;
  await ask("POST", CONFIG_MAPS, { body: configMap("a") });
  const get = async (accept: string, path = `${CONFIG_MAPS}/a`) =>
    await ask("GET", path, { headers: { accept } });
  const table = await (await get("application/json;as=Table;v=v1;g=meta.k8s.io")).json();
  assertEquals(table.rows[0].cells.slice(0, 2), ["a", 1]);
  assertEquals(table.rows[0].object.kind, "PartialObjectMetadata");
  const list = await (await get(
    "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
    CONFIG_MAPS,
  )).json();
  assertEquals([list.kind, list.items[0].data], ["PartialObjectMetadataList", undefined]);
  const yaml = await get("application/yaml");
  assertEquals(yaml.headers.get("content-type"), "application/yaml");
  assertMatch(await yaml.text(), /^apiVersion: v1\ndata:\n {2}a: "1"\nkind: ConfigMap\n/);
  const protobuf = await get("application/vnd.kubernetes.protobuf");
  const object = decodeProtobuf(new Uint8Array(await protobuf.arrayBuffer()));
  assertEquals(object["data"], { a: "1" });
  const page = await get("application/vnd.kubernetes.protobuf", CONFIG_MAPS);
  const decoded = decodeProtobuf(new Uint8Array(await page.arrayBuffer()));
  assertEquals(decoded["kind"], "ConfigMapList");
  const html = await get("text/html");
  assertEquals(html.status, 406);
  assertMatch(await html.text(), /^\{\n {2}"kind": "Status"/);
});

Deno.test("createHttpHandler() takes YAML and protobuf bodies and refuses others", async () => {
  using cluster = serve();
  const { ask } = cluster;
  const post = (type: string, body: string) =>
    ask("POST", CONFIG_MAPS, { headers: { "content-type": type }, body });
  const yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: z}\ndata: {a: on}\n";
  assertEquals((await post("application/yaml", yaml)).status, 400);
  const quoted = await post("application/yaml", yaml.replace("on}", '"on", b: "x"}'));
  assertEquals((await quoted.json()).data, { a: "on", b: "x" });
  const response = await fetchAdapter(cluster.server.handler, { user: adminUser })(
    new Request(`https://localhost${CONFIG_MAPS}`, {
      method: "POST",
      headers: { "content-type": "application/vnd.kubernetes.protobuf" },
      body: encodeProtobuf(configMap("p")) as Uint8Array<ArrayBuffer>,
    }),
  );
  assertEquals(response.status, 201);
  const [code, text] = await message(await post("text/plain", "{}"));
  assertEquals(code, 415);
  assertMatch(text, /accepted media types include: application\/json, application\/yaml/);
  assertEquals(await message(await post("application/json", '{"kind":')), [
    400,
    "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; " +
    'json parse error: unexpected end of JSON input ({"kind":)',
  ]);
  const large = await post("application/json", "x".repeat(3 * 1024 * 1024 + 1));
  assertEquals(await message(large), [413, "Request entity too large: limit is 3145728"]);
});

Deno.test("createHttpHandler() warns of unknown and repeated fields, or refuses them", async () => {
  using cluster = serve();
  const { ask } = cluster;
  const body =
    '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","x":1,"name":"b"},"y":1}';
  const headers = { "content-type": "application/json" };
  const warned = await ask("POST", `${CONFIG_MAPS}?dryRun=All`, { headers, body });
  assertEquals(warned.status, 201);
  assertEquals(
    warned.headers.get("warning"),
    '299 - "duplicate field \\"metadata.name\\"", 299 - "unknown field \\"metadata.x\\"", ' +
      '299 - "unknown field \\"y\\""',
  );
  const strict = await ask("POST", `${CONFIG_MAPS}?fieldValidation=Strict`, { headers, body });
  assertEquals(await message(strict), [
    400,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: ' +
    'duplicate field "metadata.name", unknown field "metadata.x", unknown field "y"',
  ]);
  const ignored = await ask("POST", `${CONFIG_MAPS}?fieldValidation=Ignore`, { headers, body });
  assertEquals([ignored.status, ignored.headers.get("warning")], [201, null]);
});

Deno.test("createHttpHandler() checks options", async () => {
  using cluster = serve();
  const { ask } = cluster;
  const cases: [string, string, number, RegExp, Record<string, unknown>?][] = [
    ["POST", `${CONFIG_MAPS}?dryRun=Some`, 422, /dryRun: Unsupported value: \["Some"\]/],
    ["POST", `${CONFIG_MAPS}?fieldManager=${"m".repeat(129)}`, 422, /may not be more than 128/],
    ["POST", `${CONFIG_MAPS}?fieldValidation=Loose`, 422, /supported values: "", "Ignore"/],
    ["GET", `${CONFIG_MAPS}?limit=some`, 400, /strconv.ParseInt: parsing "some": invalid syntax/],
    [
      "DELETE",
      `${CONFIG_MAPS}/a?propagationPolicy=Sideways`,
      422,
      /supported values: "Foreground"/,
    ],
    ["DELETE", `${CONFIG_MAPS}/a`, 400, /no kind "Wrong" is registered for version "v1"/, {
      apiVersion: "v1",
      kind: "Wrong",
    }],
    ["DELETE", `${CONFIG_MAPS}/a`, 400, /cannot unmarshal string into Go struct field/, {
      gracePeriodSeconds: "1",
    }],
  ];
  for (const [method, path, code, text, body] of cases) {
    const given = body ?? (method === "POST" ? configMap("a") : undefined);
    const response = await ask(method, path, given === undefined ? {} : { body: given });
    const [status, found] = await message(response);
    assertEquals(status, code, path);
    assertMatch(found, text);
  }
});

Deno.test("createHttpHandler() streams lists that are very large, in either encoding", async () => {
  using cluster = serve();
  const { ask } = cluster;
  const names = Array.from({ length: 40 }, (_, i) => `large-${10 + i}`);
  const data = { a: "x".repeat(900_000) };
  for (const name of names) await ask("POST", CONFIG_MAPS, { body: configMap(name, { data }) });
  const selected = `${CONFIG_MAPS}?fieldSelector=metadata.name!=kube-root-ca.crt`;
  const accepts = ["application/json", "application/vnd.kubernetes.protobuf"];
  const lists = await Promise.all(accepts.map(async (accept) => {
    const response = await ask("GET", selected, {
      headers: { accept, "accept-encoding": "gzip" },
    });
    assertEquals(response.headers.get("content-type"), accept);
    assertEquals(response.headers.get("content-encoding"), null);
    const bytes = new Uint8Array(await response.arrayBuffer());
    assert(bytes.length > 40 * 900_000);
    return (accept === "application/json"
      ? JSON.parse(new TextDecoder().decode(bytes))
      : decodeProtobuf(bytes)) as { kind: string; items: ReturnType<typeof configMap>[] };
  }));
  for (const { kind, items } of lists) {
    assertEquals(kind, "ConfigMapList");
    assertEquals(items.map(({ metadata }) => metadata.name), names);
    assert(items.every((item) => item.data.a.length === 900_000));
  }
});

Deno.test("createHttpHandler() streams watches line by line and closes them", async () => {
  using cluster = serve();
  const { ask, server } = cluster;
  const response = await ask("GET", `${CONFIG_MAPS}?watch=1&resourceVersion=0`);
  assertEquals(response.headers.get("content-type"), "application/json");
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  await server.client().create(
    { apiVersion: "v1", resource: "configmaps" },
    { ...configMap("a"), metadata: { name: "a", namespace: "default" } },
  );
  const { value } = await reader.read();
  assert(value !== undefined);
  assertMatch(value, /^\{"type":"ADDED","object":\{"kind":"ConfigMap".*\}\}\n$/);
  await reader.cancel();
});

Deno.test("createHttpHandler() tells its health, version and paths", async () => {
  let ill = false;
  const check = {
    name: "disk",
    check: () => {
      if (ill) throw new Error("full");
    },
  };
  using cluster = serve({ http: { healthChecks: [check] } });
  const { ask } = cluster;
  assertEquals(await (await ask("GET", "/readyz")).text(), "ok");
  assertMatch(await (await ask("GET", "/livez?verbose")).text(), /\[\+\]disk ok\n/);
  ill = true;
  const failing = await ask("GET", "/livez");
  assertEquals(failing.status, 500);
  assertMatch(await failing.text(), /\[-\]disk failed: reason withheld\n[^]*livez check failed/);
  assertEquals((await ask("GET", "/livez?exclude=disk")).status, 200);
  assertEquals((await (await ask("GET", "/version")).json()).minor, "36");
  assertMatch(await (await ask("GET", "/metrics")).text(), /apiserver_request_total\{code="200"/);
  const { paths } = await (await ask("GET", "/")).json();
  for (const path of ["/api/v1", "/apis/", "/apis/apps/v1", "/readyz/disk", "/openapi/v3/"]) {
    assert(paths.includes(path), path);
  }
  assert(!paths.includes("/openapi/v3/apis/apps/v1"));
  ill = false;
  const head = await ask("HEAD", "/readyz");
  assertEquals([head.status, await head.text()], [200, ""]);
});

Deno.test("createHttpHandler() tells what it serves, once", async () => {
  using cluster = serve();
  const { ask } = cluster;
  const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const whole = await ask("GET", "/apis", { headers: { accept } });
  assertEquals(whole.headers.get("content-type"), accept);
  assertEquals((await whole.json()).items[1].metadata.name, "apps");
  const etag = whole.headers.get("etag")!;
  const again = await ask("GET", "/apis", { headers: { accept, "if-none-match": etag } });
  assertEquals(again.status, 304);
  const plain = await (await ask("GET", "/apis/apps/v1")).json();
  const deployments = plain.resources.find((r: { name: string }) => r.name === "deployments");
  assertEquals(deployments.storageVersionHash, "8aSe+NMegvE=");
  const index = await (await ask("GET", "/openapi/v3")).json();
  const url = index.paths["apis/apps/v1"].serverRelativeURL;
  const document = await (await ask("GET", url)).json();
  assertEquals(
    document.paths["/apis/apps/v1/deployments"].get.operationId,
    "listAppsV1DeploymentForAllNamespaces",
  );
  assertEquals((await ask("GET", "/openapi/v3/apis/apps/v1?hash=old")).status, 301);
});

Deno.test("createHttpHandler() has nobody to connect to", async () => {
  using cluster = serve();
  const { ask } = cluster;
  const pods = "/api/v1/namespaces/default/pods";
  const pod = (name: string, containers: string[], nodeName?: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { nodeName, containers: containers.map((name) => ({ name, image: "x" })) },
  });
  await ask("POST", "/api/v1/namespaces/default/serviceaccounts", {
    body: { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } },
  });
  await ask("POST", pods, { body: pod("one", ["a"]) });
  await ask("POST", pods, { body: pod("two", ["a", "b"]) });
  await ask("POST", pods, { body: pod("placed", ["a"], "n") });
  assertEquals((await ask("GET", `${pods}/one/log`)).status, 204);
  const cases: [string, string, number, string][] = [
    ["GET", `${pods}/absent/log`, 404, 'pods "absent" not found'],
    ["POST", `${pods}/one/exec?command=ls`, 400, "pod one does not have a host assigned"],
    [
      "GET",
      `${pods}/two/log`,
      400,
      "a container name must be specified for pod two, choose one of: [a b]",
    ],
    ["GET", `${pods}/two/log?container=c`, 400, "container c is not valid for pod two"],
    ["GET", `${pods}/placed/log`, 404, 'pods "n" not found'],
  ];
  for (const [method, path, code, text] of cases) {
    assertEquals(await message(await ask(method, path)), [code, text], path);
  }
});

Deno.test("createHttpHandler() keeps all digits of an int64 in every form", async () => {
  using cluster = serve();
  const { ask } = cluster;
  const jobs = "/apis/batch/v1/namespaces/default/jobs";
  const body = (seconds: string) =>
    `{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j"},"spec":{` +
    `"activeDeadlineSeconds":${seconds},"template":{"spec":{"restartPolicy":"Never",` +
    `"containers":[{"name":"a","image":"b"}]}}}}`;
  const seconds = async (response: Response) =>
    /activeDeadlineSeconds"?: ?(\d+)/.exec(await response.text())?.[1];
  const post = (value: string) =>
    ask("POST", jobs, { headers: { "content-type": "application/json" }, body: body(value) });
  assertEquals(await message(await post("1.0")), [
    400,
    'Job in version "v1" cannot be handled as a Job: json: cannot unmarshal number 1.0 into ' +
    "Go struct field JobSpec.spec.activeDeadlineSeconds of type int64",
  ]);
  assertEquals(await seconds(await post("9007199254740993")), "9007199254740993");
  for (const accept of ["application/json", "application/yaml"]) {
    const response = await ask("GET", `${jobs}/j`, { headers: { accept } });
    assertEquals(await seconds(response), "9007199254740993", accept);
  }
  const patch = (type: string, text: string) =>
    ask("PATCH", `${jobs}/j?fieldManager=m${type.startsWith("apply") ? "&force=true" : ""}`, {
      headers: { "content-type": `application/${type}` },
      body: text,
    });
  const spec = (value: string) => `{"spec":{"activeDeadlineSeconds":${value}}}`;
  for (
    const [type, text, expected] of [
      ["merge-patch+json", spec("9007199254740995"), "9007199254740995"],
      ["strategic-merge-patch+json", spec("9007199254740997"), "9007199254740997"],
      [
        "json-patch+json",
        '[{"op":"test","path":"/spec/activeDeadlineSeconds","value":9007199254740997},' +
        '{"op":"replace","path":"/spec/activeDeadlineSeconds","value":9007199254740999}]',
        "9007199254740999",
      ],
      [
        "apply-patch+yaml",
        "{apiVersion: batch/v1, kind: Job, metadata: {name: j}, " +
        "spec: {activeDeadlineSeconds: 9007199254741001}}",
        "9007199254741001",
      ],
      ["strategic-merge-patch+json", spec("2.0"), "2"],
    ] as const
  ) assertEquals(await seconds(await patch(type, text)), expected, type);
  for (
    const [type, text] of [
      ["merge-patch+json", spec("3.0")],
      ["json-patch+json", '[{"op":"add","path":"/spec/activeDeadlineSeconds","value":3.0}]'],
    ] as const
  ) {
    const [code, text1] = await message(await patch(type, text));
    assertEquals(code, 422);
    assertMatch(text1, /cannot unmarshal number 3\.0 into Go struct field JobSpec\.spec\./);
  }
});
