// Port forwarding as clients see it, over TLS on loopback.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Buffer } from "node:buffer";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  FakeCluster,
  type FakeClusterOptions,
  type KubeObject,
  systemClock,
  type UserInfo,
  VirtualClock,
} from "../../mod.ts";
import {
  ask,
  type Caller,
  openForwarder,
  SPDY_HEADERS,
  text,
  webSocketHeaders,
  webSocketOf,
} from "./_port_forward_client_for_test.ts";
import { connectedPair } from "./connected_pair.ts";
import { Opcode } from "./websocket/frames.ts";

const PODS = { apiVersion: "v1", resource: "pods" };
const ECHO_PORT = 7;
const GREETER_PORT = 80;
const BROKEN_PORT = 666;
const PATH = "/api/v1/namespaces/default/pods/web/portforward";

/** How many connections to pods are open. */
let open = 0;
/** All that there were. */
let dialled: WeakRef<object>[] = [];

const ports: FakeClusterOptions["ports"] = {
  dial(_pod, port) {
    if (port === BROKEN_PORT) throw new Error("it is broken");
    if (port !== ECHO_PORT && port !== GREETER_PORT) return undefined;
    const [near, far] = connectedPair();
    open++;
    dialled.push(new WeakRef(near));
    far.on("close", () => open--);
    far.resume();
    if (port === ECHO_PORT) far.pipe(far);
    else far.end("hello");
    return near;
  },
};

function pod(name: string, spec: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default" },
    spec: { nodeName: "node-1", containers: [{ name: "a", image: "a" }], ...spec },
  };
}

async function withCluster(
  act: (cluster: FakeCluster, admin: Caller) => Promise<void>,
  options: FakeClusterOptions = {},
): Promise<void> {
  await using cluster = await FakeCluster.start({
    ...(ports === undefined ? {} : { ports }),
    ...options,
  });
  const { client } = cluster;
  await until(() =>
    client.get({ apiVersion: "v1", resource: "serviceaccounts" }, {
      namespace: "default",
      name: "default",
    }).then(() => true, () => false)
  );
  for (const name of ["web", "pending"]) await client.create(PODS, pod(name));
  await client.create(PODS, pod("nowhere", { nodeName: "" }));
  const running = { status: { phase: "Running" } };
  const web = { namespace: "default", name: "web" };
  await client.patch(PODS, web, "merge", running, { subresource: "status" });
  await act(cluster, await callerOf(cluster));
}

async function callerOf(cluster: FakeCluster, user?: UserInfo): Promise<Caller> {
  const kubeconfig = await cluster.kubeconfig(user);
  const decode = (name: string) =>
    Buffer.from(new RegExp(`${name}-data: "?([^"\\s]+)`).exec(kubeconfig)?.[1] ?? "", "base64")
      .toString();
  return {
    url: await cluster.url,
    authority: cluster.authority.certificate,
    certificate: decode("client-certificate"),
    key: decode("client-key"),
  };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await holds()) return;
    await new Promise((next) => setTimeout(next, 10));
  }
  throw new Error("It did not come to pass");
}

for (const kind of ["spdy", "websocket"] as const) {
  Deno.test(`PortForwarder forwards many connections in one tunnel, by ${kind}`, async () => {
    await withCluster(async (_cluster, admin) => {
      const forwarder = await openForwarder(admin, "default", "web", kind);
      const answers = Array.from({ length: 20 }, async (_, i) => {
        const { data, error } = forwarder.dial(ECHO_PORT);
        const body = `${i} `.repeat(5000);
        data.write(body);
        data.end("end");
        assertEquals(await text(data), `${body}end`);
        assertEquals(await text(error), "");
      });
      await Promise.all(answers);
      await until(() => open === 0 && forwarder.connection.streams === 0);
      forwarder.connection.close();
    });
  });

  Deno.test(`PortForwarder ends the client's stream with the pod's, by ${kind}`, async () => {
    await withCluster(async (_cluster, admin) => {
      const forwarder = await openForwarder(admin, "default", "web", kind);
      const { data, error } = forwarder.dial(GREETER_PORT);
      assertEquals(await text(data.iterator({ destroyOnReturn: false })), "hello");
      data.end();
      assertEquals(await text(error), "");
      forwarder.connection.close();
      await until(() => open === 0);
    });
  });

  Deno.test(`PortForwarder tells on the error stream why there is no connection, by ${kind}`, async () => {
    await withCluster(async (_cluster, admin) => {
      const forwarder = await openForwarder(admin, "default", "web", kind);
      const closed = forwarder.dial(9999);
      assertMatch(
        await text(closed.error),
        /^error forwarding port 9999 to pod [0-9a-f]{64}, uid : failed to execute portforward in network namespace "\/var\/run\/netns\/cni-.*": failed to connect to localhost:9999 inside namespace "[0-9a-f]{64}", IPv4: dial tcp4 127\.0\.0\.1:9999: connect: connection refused IPv6 dial tcp6 \[::1\]:9999: connect: connection refused $/,
      );
      const broken = forwarder.dial(BROKEN_PORT);
      assertMatch(await text(broken.error), /, uid : it is broken$/);
      // The tunnel goes on.
      const { data } = forwarder.dial(ECHO_PORT);
      data.end("still here");
      assertEquals(await text(data), "still here");
      forwarder.connection.close();
    });
  });

  Deno.test(`PortForwarder lets go of the pod when the client is gone, by ${kind}`, async () => {
    await withCluster(async (cluster, admin) => {
      const forwarder = await openForwarder(admin, "default", "web", kind);
      for (let i = 0; i < 5; i++) forwarder.dial(ECHO_PORT).data.write("x");
      await until(() => open === 5);
      forwarder.connection.close();
      await until(() => open === 0);
      const second = await openForwarder(admin, "default", "web", kind);
      second.dial(ECHO_PORT);
      await until(() => open === 1);
      await cluster.close();
      await until(() => open === 0 && second.connection.closed);
    });
  });
}

Deno.test("PortForwarder resets streams that are none of port forwarding", async () => {
  await withCluster(async (_cluster, admin) => {
    const { connection } = await openForwarder(admin, "default", "web", "spdy");
    const wrong = [
      {},
      { streamtype: "data" },
      { streamtype: "data", port: "0" },
      { streamtype: "data", port: "65536" },
      { streamtype: "data", port: "http" },
      { streamtype: "stdin", port: "7" },
    ].map((headers) => connection.openStream(headers as Record<string, string>));
    await until(() => wrong.every(({ destroyed }) => destroyed));
    assertEquals(connection.closed, false);
    connection.close();
  });
});

Deno.test("PortForwarder answers for a second SPDY tunnel to a pod once the first has a stream", async () => {
  await withCluster(async (_cluster, admin) => {
    const order: string[] = [];
    const first = await openForwarder(admin, "default", "web", "spdy");
    const second = openForwarder(admin, "default", "web", "spdy").finally(() =>
      order.push("second")
    );
    const byWebSocket = await openForwarder(admin, "default", "web", "websocket");
    await openForwarder(admin, "default", "web", "websocket").then(({ connection }) => {
      order.push("websocket");
      connection.close();
    });
    order.push("stream");
    first.dial(ECHO_PORT);
    const { connection } = await second;
    assertEquals(order, ["websocket", "stream", "second"]);
    for (const one of [first, byWebSocket]) one.connection.close();
    connection.close();
  }, { clock: new VirtualClock(systemClock.now()) });
});

Deno.test("PortForwarder pairs streams of clients that know no request ids, and refuses second ones", async () => {
  await withCluster(async (_cluster, admin) => {
    const { connection } = await openForwarder(admin, "default", "web", "spdy");
    const error = connection.openStream({ streamtype: "error", port: "7" });
    const data = connection.openStream({ streamtype: "data", port: "7" });
    error.end();
    data.end("old");
    assertEquals(await text(data), "old");
    const one = connection.openStream({ streamtype: "error", port: "7", requestid: "a" });
    const two = connection.openStream({ streamtype: "error", port: "7", requestid: "a" });
    await until(() => two.destroyed);
    const [why] = await Promise.all([new Promise((resolve) => one.once("data", resolve))]);
    assertEquals(
      String(why),
      "error processing stream for request a: error stream already assigned",
    );
    connection.close();
  });
});

const SPDY_POST = { ...SPDY_HEADERS, "content-length": "0" };

const ANSWERS: [
  name: string,
  request: [method: string, path: string, headers: Record<string, string>, body?: string],
  status: number,
  body: string | RegExp,
][] = [
  [
    "pods that do not exist",
    ["POST", PATH.replace("web", "nobody"), SPDY_POST],
    404,
    /pods \\"nobody\\" not found/,
  ],
  [
    "pods without a node",
    ["POST", PATH.replace("web", "nowhere"), SPDY_POST],
    400,
    /pod nowhere does not have a host assigned/,
  ],
  [
    "pods that do not run",
    ["POST", PATH.replace("web", "pending"), SPDY_POST],
    500,
    'pod not found ("pending_default")',
  ],
  [
    "pods that do not run, through a WebSocket",
    ["GET", PATH.replace("web", "pending"), webSocketHeaders("SPDY/3.1+portforward.k8s.io")],
    500,
    'pod not found ("pending_default")',
  ],
  [
    "requests without an upgrade",
    ["POST", PATH, { "content-length": "0", connection: "close" }],
    400,
    /Upgrade request required/,
  ],
  [
    "GET without an upgrade",
    ["GET", PATH, { connection: "close" }],
    400,
    /Upgrade request required/,
  ],
  [
    "requests without a protocol",
    ["POST", PATH, { connection: "Upgrade", upgrade: "SPDY/3.1" }],
    400,
    /^unable to upgrade: header X-Stream-Protocol-Version does not exist in request with \d headers\n$/,
  ],
  [
    "other protocols",
    ["POST", PATH, { ...SPDY_POST, "x-stream-protocol-version": "a.k8s.io, b.k8s.io" }],
    403,
    "unable to upgrade: unable to negotiate protocol: client supports [a.k8s.io b.k8s.io], server accepts [portforward.k8s.io]\n",
  ],
  [
    "upgrades to something else",
    ["POST", PATH, { ...SPDY_POST, upgrade: "SPDY/9" }],
    400,
    /^unable to upgrade: missing upgrade headers in request: http\.Header\{"Connection":\[\]string\{"Upgrade"\}/,
  ],
  [
    "other tunnelled protocols",
    ["GET", PATH, webSocketHeaders("SPDY/3.1+other.k8s.io")],
    403,
    /client supports \[other\.k8s\.io\]/,
  ],
  [
    "channels without ports",
    ["GET", PATH, webSocketHeaders("v4.channel.k8s.io")],
    400,
    'query parameter "port" is required',
  ],
  [
    "channels to port 0",
    ["GET", `${PATH}?port=0`, webSocketHeaders("v4.channel.k8s.io")],
    400,
    'port "0" must be > 0',
  ],
  [
    "channels to no number",
    ["GET", `${PATH}?port=7,x`, webSocketHeaders("v4.channel.k8s.io")],
    400,
    'unable to parse "7,x" as a port: strconv.ParseUint: parsing "x": invalid syntax',
  ],
  [
    "channels to no port",
    ["GET", `${PATH}?port=70000`, webSocketHeaders("v4.channel.k8s.io")],
    400,
    'unable to parse "70000" as a port: strconv.ParseUint: parsing "70000": value out of range',
  ],
  [
    "channels of other protocols",
    ["GET", `${PATH}?port=7`, webSocketHeaders("v9.channel.k8s.io")],
    403,
    "",
  ],
  [
    "old WebSockets",
    ["GET", `${PATH}?port=7`, { ...webSocketHeaders(""), "sec-websocket-version": "8" }],
    400,
    "missing or bad WebSocket Version",
  ],
  [
    "upgrades of other paths as if they asked for none",
    ["GET", "/version", SPDY_HEADERS],
    200,
    /"gitVersion"/,
  ],
  [
    "upgrades of requests with a body as if they asked for none",
    ["POST", "/api/v1/namespaces", {
      connection: "Upgrade",
      upgrade: "h2c",
      "content-type": "application/json",
      "content-length": "16",
    }, '{"kind":"Secret"}'.slice(0, 16)],
    400,
    /unexpected end of JSON input|cannot be handled/,
  ],
];

Deno.test("PortForwarder answers by ordinary HTTP what cannot be upgraded", async (t) => {
  await withCluster(async (_cluster, admin) => {
    for (const [name, request, status, body] of ANSWERS) {
      await t.step(name, async () => {
        const answer = await ask(admin, ...request);
        const got = answer.headers["content-length"] === "0"
          ? ""
          : await text(answer.socket, answer.head);
        answer.socket.destroy();
        assertEquals(answer.status, status, got);
        if (typeof body === "string") assertEquals(got, body);
        else assertMatch(got, body);
      });
    }
  });
});

Deno.test("PortForwarder wants the permission to create, even of who may get", async () => {
  await withCluster(async (cluster, admin) => {
    const rbac = "rbac.authorization.k8s.io/v1";
    const name = "reader";
    const group = "rbac.authorization.k8s.io";
    await cluster.client.create({ apiVersion: rbac, resource: "clusterroles" }, {
      apiVersion: rbac,
      kind: "ClusterRole",
      metadata: { name },
      rules: [{ apiGroups: [""], resources: ["pods/portforward"], verbs: ["get"] }],
    });
    await cluster.client.create({ apiVersion: rbac, resource: "clusterrolebindings" }, {
      apiVersion: rbac,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: group, kind: "ClusterRole", name },
      subjects: [{ apiGroup: group, kind: "User", name: "jane" }],
    });
    const jane = await callerOf(cluster, { name: "jane", groups: [] });
    const message = async (caller: Caller, method: string, headers: Record<string, string>) => {
      const answer = await ask(caller, method, PATH, headers);
      const body = await text(answer.socket, answer.head);
      return `${answer.status} ${JSON.parse(body).message}`;
    };
    const tunnel = webSocketHeaders("SPDY/3.1+portforward.k8s.io");
    assertEquals(
      await message(jane, "POST", SPDY_POST),
      '403 pods "web" is forbidden: User "jane" cannot create resource "pods/portforward" in API group "" in the namespace "default"',
    );
    assertEquals(await message(jane, "GET", tunnel), '403 pods "web" is forbidden: ');
    assertEquals(
      await message({ url: admin.url, authority: admin.authority }, "POST", SPDY_POST),
      '403 pods "web" is forbidden: User "system:anonymous" cannot create resource "pods/portforward" in API group "" in the namespace "default"',
    );
    assertEquals(
      await message({ url: admin.url, authority: admin.authority }, "POST", {
        ...SPDY_POST,
        authorization: "Bearer nonsense",
      }),
      "401 Unauthorized",
    );
  });
});

for (
  const [protocol, base64] of [["v4.channel.k8s.io", false], ["", false], [
    "v4.base64.channel.k8s.io",
    true,
  ]] as const
) {
  Deno.test(`PortForwarder forwards over the channels of "${protocol}"`, async () => {
    await withCluster(async (_cluster, admin) => {
      const answer = await ask(
        admin,
        "GET",
        `${PATH}?ports=1&port=7&port=80,9999`,
        webSocketHeaders(protocol),
      );
      assertEquals(answer.status, 101);
      assertEquals(answer.headers["sec-websocket-protocol"] ?? "", protocol);
      const socket = webSocketOf(answer);
      const send = (channel: number, data: string) =>
        base64
          ? socket.send(
            Opcode.text,
            Buffer.from(`${channel}${Buffer.from(data).toString("base64")}`),
          )
          : socket.send(Opcode.binary, Buffer.from(`${String.fromCharCode(channel)}${data}`));
      send(0, "first ");
      send(0, "second");
      const said: string[] = ["", "", "", "", "", ""];
      for await (const { payload } of socket.pieces()) {
        const channel = (payload[0] as number) - (base64 ? 48 : 0);
        said[channel] += base64
          ? Buffer.from(payload.toString("latin1", 1), "base64").toString("latin1")
          : payload.toString("latin1", 1);
        if (said[0]?.endsWith("second") && said[2]?.endsWith("o") && said[5]?.endsWith(" ")) break;
      }
      const portBytes = (port: number) => String.fromCharCode(port & 0xff, port >> 8);
      assertEquals(said.slice(0, 5), [
        `${portBytes(7)}first second`,
        portBytes(7),
        `${portBytes(80)}hello`,
        portBytes(80),
        portBytes(9999),
      ]);
      assert(said[5]?.startsWith(`${portBytes(9999)}error forwarding port 9999 to pod`));
      socket.destroy();
      await until(() => open === 0);
    });
  });
}

/** What the garbage collector is called by, in a context that is made once the flag is set. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

Deno.test("PortForwarder keeps nothing of tunnels that are over: 300 tunnels", async () => {
  await withCluster(async (_cluster, admin) => {
    dialled = [];
    for (let i = 0; i < 300; i += 10) {
      await Promise.all(Array.from({ length: 10 }, async (_, j) => {
        const kind = j % 2 === 0 ? "spdy" : "websocket";
        const forwarder = await openForwarder(admin, "default", "web", kind);
        const { data } = forwarder.dial(ECHO_PORT);
        // Some end well, some do not.
        if (j % 3 === 0) data.write("x");
        else {
          data.end("x");
          assertEquals(await text(data), "x");
        }
        forwarder.connection.close();
      }));
    }
    await until(() => open === 0);
    const kept = () => dialled.filter((reference) => reference.deref() !== undefined).length;
    const collect = garbageCollector();
    await until(() => {
      collect();
      return kept() < 5;
    });
  });
});
