import { assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../runtime/clock.ts";
import { ConnectionError } from "./connection_error.ts";
import { findConnection } from "./connection.ts";

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function kubeconfig(user: string, cluster = ""): string {
  return [
    "current-context: here",
    "contexts:",
    "- {name: here, context: {cluster: c, user: u, namespace: mine}}",
    "clusters:",
    `- {name: c, cluster: {server: "https://127.0.0.1:6443/"${cluster}}}`,
    "users:",
    `- {name: u, user: ${user}}`,
  ].join("\n");
}

Deno.test("findConnection() reads certificates and tokens, in the file and beside it", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/config`;
    const clock = new VirtualClock();
    const read = async (user: string, cluster?: string) => {
      await Deno.writeTextFile(path, kubeconfig(user, cluster));
      return await findConnection({ kubeconfig: path, clock });
    };
    const plain = await read(
      `{client-certificate-data: ${btoa("CERT")}, client-key-data: ${btoa("KEY")}}`,
      `, certificate-authority-data: ${btoa("CA")}, tls-server-name: api`,
    );
    assertEquals([plain.server, plain.namespace], ["https://127.0.0.1:6443", "mine"]);
    assertEquals(await plain.credentials(), {
      headers: {},
      tls: { ca: "CA", cert: "CERT", key: "KEY", servername: "api" },
    });
    const insecure = await read("{username: a, password: b}", ", insecure-skip-tls-verify: true");
    assertEquals(await insecure.credentials(), {
      headers: { authorization: `Basic ${btoa("a:b")}` },
      tls: { rejectUnauthorized: false },
    });

    await Deno.writeTextFile(`${folder}/token`, "first\n");
    const filed = await read("{tokenFile: token}");
    const bearer = async () => (await filed.credentials()).headers["authorization"];
    assertEquals(await bearer(), "Bearer first");
    await Deno.writeTextFile(`${folder}/token`, "second\n");
    assertEquals(await bearer(), "Bearer first");
    await clock.advance(60_000);
    assertEquals(await bearer(), "Bearer second");
    await Deno.remove(`${folder}/token`);
    await clock.advance(60_000);
    assertEquals(await bearer(), "Bearer second");
  });
});

Deno.test("findConnection() leaves plugins to the client library", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/config`;
    const credential = JSON.stringify({
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: "from-plugin" },
    });
    const user = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: echo, " +
      `args: ['${credential}'], interactiveMode: Never}}`;
    await Deno.writeTextFile(path, kubeconfig(user));
    const connection = await findConnection({ kubeconfig: path });
    const { headers } = await connection.credentials();
    assertEquals(headers, { authorization: "Bearer from-plugin" });
  });
});

Deno.test("findConnection() says in one line what is wrong", async () => {
  await inFolder(async (folder) => {
    const cases: [string, string][] = [
      ["{", "is not YAML"],
      ["text", "is no kubeconfig"],
      ["current-context: x", 'has no context "x"'],
      [kubeconfig("{}").replace("cluster: c,", "cluster: d,"), 'has no cluster "d"'],
      [kubeconfig("{client-certificate: no.crt}"), `Cannot read ${folder}/no.crt: no such file`],
    ];
    for (const [text, message] of cases) {
      await Deno.writeTextFile(`${folder}/config`, text);
      const error = await assertRejects(
        () => findConnection({ kubeconfig: `${folder}/config` }),
        ConnectionError,
        message,
      );
      assertEquals(error.message.includes("\n"), false);
    }
    await assertRejects(
      () => findConnection({ kubeconfig: `${folder}/none` }),
      ConnectionError,
      "no such file",
    );
  });
});
