// The transport against servers on loopback. The texts were recorded from
// kube-apiserver 1.36.3.

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import {
  type CertificateOptions,
  createAuthority,
  issueCertificate,
  type KeyPair,
} from "../../runtime/pki/mod.ts";
import { SeededRandom } from "../../runtime/random.ts";
import { systemClock, VirtualClock } from "../../runtime/clock.ts";
import { ApiServer } from "../server.ts";
import { endpointOf } from "./client_config.ts";
import { ClusterServiceResolver } from "./service_resolver.ts";
import { HttpsTransport, type WebhookRequest, WebhookTransportError } from "./transport.ts";

const now_ms = systemClock.now();
const DAY_MS = 86_400_000;
const authority = createAuthority({ commonName: "hooks", now_ms: now_ms - 1000 * DAY_MS });

function certificate(options: Partial<CertificateOptions>, signer = authority): KeyPair {
  return issueCertificate(signer, {
    commonName: "hook",
    usages: ["server"],
    now_ms,
    ...options,
  });
}

/** A server with that certificate; answers with the path, the host and the body. */
function serve({ certificate: cert, key }: KeyPair): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      if (pathname === "/moved") {
        return new Response("", { status: 307, headers: { location: "/there" } });
      }
      const body = await request.text();
      return new Response(
        `${request.method} ${pathname}${search} ${request.headers.get("host")} ${body}`,
      );
    },
  );
}

function request(port: number, more: Partial<WebhookRequest> = {}): WebhookRequest {
  return {
    url: `https://127.0.0.1:${port}/a?timeout=1s`,
    authorities: authority.certificate,
    body: "{}",
    signal: new AbortController().signal,
    ...more,
  };
}

Deno.test("HttpsTransport reaches URLs and the endpoints of services", async () => {
  await using server = serve(
    certificate({ dnsNames: ["hook.ns.svc"], ipAddresses: ["127.0.0.1"] }),
  );
  const { port } = server.addr;
  const transport = new HttpsTransport();
  const { body } = await transport.post(request(port));
  assertEquals(body, `POST /a?timeout=1s 127.0.0.1:${port} {}`);
  const behind = await transport.post(request(port, {
    url: "https://hook.ns.svc:443/b",
    address: { host: "127.0.0.1", port },
  }));
  assertEquals(behind.body, "POST /b hook.ns.svc {}");
  const moved = await transport.post(request(port, { url: `https://127.0.0.1:${port}/moved` }));
  assertEquals(moved.body, `POST /there 127.0.0.1:${port} {}`);
  transport.close();
});

const X509 = "tls: failed to verify certificate: x509: ";
const CERTIFICATES: [string, () => KeyPair, string][] = [
  [
    "other names",
    () => certificate({ dnsNames: ["a.example"] }),
    `${X509}cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs`,
  ],
  [
    "other addresses",
    () => certificate({ ipAddresses: ["10.0.0.1"] }),
    `${X509}certificate is valid for 10.0.0.1, not 127.0.0.1`,
  ],
  [
    "its time over",
    () => certificate({ ipAddresses: ["127.0.0.1"], now_ms: now_ms - 400 * DAY_MS, days: 10 }),
    `${X509}certificate has expired or is not yet valid: current time `,
  ],
  [
    "an unknown signer",
    () => certificate({ ipAddresses: ["127.0.0.1"] }, createAuthority({ commonName: "x", now_ms })),
    `${X509}certificate signed by unknown authority`,
  ],
  [
    "a signer that only has the name",
    () =>
      certificate({ ipAddresses: ["127.0.0.1"] }, createAuthority({ commonName: "hooks", now_ms })),
    `${X509}certificate signed by unknown authority (possibly because of "x509: ECDSA verification failure" while trying to verify candidate authority certificate "hooks")`,
  ],
  [
    "another purpose",
    () => certificate({ ipAddresses: ["127.0.0.1"], usages: ["client"] }),
    `${X509}certificate specifies an incompatible key usage`,
  ],
];

for (const [name, make, message] of CERTIFICATES) {
  Deno.test(`HttpsTransport refuses certificates with Go's words: ${name}`, async () => {
    await using server = serve(make());
    const transport = new HttpsTransport();
    const error = await assertRejects(
      () => transport.post(request(server.addr.port)),
      WebhookTransportError,
    );
    assertStringIncludes(error.message, message);
    transport.close();
  });
}

/** What listens but is no webhook. */
async function answerAll(listener: Deno.Listener, text: string): Promise<void> {
  for await (const connection of listener) {
    if (text !== "") {
      await connection.read(new Uint8Array(1024));
      await connection.write(new TextEncoder().encode(text)).catch(() => 0);
    }
    connection.close();
  }
}

Deno.test("HttpsTransport tells with Go's words what does not answer", async () => {
  const cases: [string, string][] = [
    ["", "EOF"],
    ["HTTP/1.1 400 Bad Request\r\n\r\n", "http: server gave HTTP response to HTTPS client"],
    ["good day to you", "tls: first record does not look like a TLS handshake"],
  ];
  const transport = new HttpsTransport();
  for (const [text, message] of cases) {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const answering = answerAll(listener, text);
    const { port } = listener.addr as Deno.NetAddr;
    const error = await assertRejects(() => transport.post(request(port)), WebhookTransportError);
    assertEquals(error.message, message);
    listener.close();
    await answering;
  }
  const error = await assertRejects(() => transport.post(request(1)), WebhookTransportError);
  assertEquals(error.message, "dial tcp 127.0.0.1:1: connect: connection refused");
  transport.close();
});

Deno.test("endpointOf() writes URLs as Go does", () => {
  const cases: [Parameters<typeof endpointOf>[0], string][] = [
    [{ url: "https://a.example" }, "https://a.example/"],
    [{ url: "https://a.example:443/b%3Ac%20d" }, "https://a.example:443/b:c%20d"],
    [{ service: { namespace: "n", name: "s" } }, "https://s.n.svc:443/"],
    [{ service: { namespace: "n", name: "s", path: "/p", port: 8443 } }, "https://s.n.svc:8443/p"],
  ];
  for (const [config, url] of cases) assertEquals(endpointOf(config).url, url);
  const bundle = Buffer.from(" \n").toString("base64");
  assertEquals(endpointOf({ url: "https://a.example", caBundle: bundle }).authorities, "");
});

Deno.test("ClusterServiceResolver goes to an endpoint that is ready", async () => {
  const random = new SeededRandom(1);
  const server = new ApiServer({ clock: new VirtualClock(), random });
  const client = server.client();
  const resolver = new ClusterServiceResolver(server.store, random);
  const resolve = (name: string, port = 443) =>
    resolver.resolve({ namespace: "default", name, port });
  const services = { apiVersion: "v1", resource: "services" };
  const make = (name: string, spec: Record<string, unknown>) =>
    client.create(services, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: "default" },
      spec: { ports: [{ port: 443 }], ...spec },
    });
  await make("headless", { clusterIP: "None" });
  await make("outside", { type: "ExternalName", externalName: "hooks.example" });
  const { spec } = await make("hook", {});
  const refusals: [() => unknown, string][] = [
    [() => resolve("absent"), 'service "absent" not found'],
    [() => resolve("headless"), 'cannot route to service with ClusterIP "None"'],
    [() => resolve("hook", 8443), 'no service port 8443 found for service "hook"'],
    [() => resolve("hook"), `dial tcp ${spec.clusterIP}:443: connect: connection refused`],
  ];
  for (const [act, message] of refusals) {
    const error = await assertRejects(async () => await act(), WebhookTransportError);
    assertEquals(error.message, message);
  }
  assertEquals(resolve("outside"), { host: "hooks.example", port: 443 });
  await client.create({ apiVersion: "discovery.k8s.io/v1", resource: "endpointslices" }, {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "hook-1",
      namespace: "default",
      labels: { "kubernetes.io/service-name": "hook" },
    },
    addressType: "IPv4",
    ports: [{ name: "", port: 9443 }],
    endpoints: [
      { addresses: ["10.1.0.1"], conditions: { ready: false } },
      { addresses: ["10.1.0.2"], conditions: { ready: true } },
    ],
  });
  assertEquals(resolve("hook"), { host: "10.1.0.2", port: 9443 });
  server.close();
});
