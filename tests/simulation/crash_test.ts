// `capim up --data-dir` is killed while clients write, and started again:
// everything that was acknowledged is there. A real process, a real file and
// SIGKILL; the order of events is the machine's, the moment of death is drawn.

import { assert, assertEquals } from "@std/assert";
import { readKubeconfig } from "../../runtime/read_kubeconfig.ts";
import { Dice } from "./dice.ts";

const ROUNDS = 2;
const WRITERS = 4;
const START_MS_MAX = 60_000;
const CAPIM = new URL("../../cmd/capim.ts", import.meta.url).pathname;

/** What a client knows of an object. */
interface Known {
  /** The last value that was acknowledged; absent: not even the creation was. */
  acknowledged?: number;
  /** The last value that was sent. */
  sent: number;
}

/** A running management cluster in a process of its own. */
class Up implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #url: string;
  readonly #client: Deno.HttpClient;

  private constructor(process: Deno.ChildProcess, url: string, client: Deno.HttpClient) {
    this.#process = process;
    this.#url = url;
    this.#client = client;
  }

  static async start(folder: string): Promise<Up> {
    const kubeconfig = `${folder}/kubeconfig`;
    await Deno.remove(kubeconfig).catch(() => {});
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", CAPIM, "up", "--port", "0", "--log-level", "error"]
        .concat(["--data-dir", `${folder}/data`, "--kubeconfig", kubeconfig]),
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    await untilLine(process.stdout, "Management cluster");
    const { server, authority, certificate, key } = readKubeconfig(
      await Deno.readTextFile(kubeconfig),
    );
    const client = Deno.createHttpClient({
      caCerts: [authority],
      cert: certificate!,
      key: key!,
    });
    return new Up(process, server, client);
  }

  /** Sends a request; `undefined` when the process is gone. */
  async send(
    method: string,
    path: string,
    value?: unknown,
    contentType = "application/json",
  ): Promise<{ status: number; body: { metadata: { resourceVersion: string } } } | undefined> {
    try {
      const response = await fetch(`${this.#url}${path}`, {
        client: this.#client,
        method,
        headers: { "content-type": contentType },
        ...(value === undefined ? {} : { body: JSON.stringify(value) }),
      });
      return { status: response.status, body: await response.json() };
    } catch {
      // A request that the kill cut off: nobody knows what came of it.
      return undefined;
    }
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
    this.#client.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill().catch(() => {});
  }
}

async function untilLine(stream: ReadableStream<Uint8Array>, start: string): Promise<void> {
  const timeout = AbortSignal.timeout(START_MS_MAX);
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream.values({ preventCancel: true })) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes(start) && text.includes("kubectl get")) return;
    timeout.throwIfAborted();
  }
  throw new Error(`The process ended before it was ready:\n${text}`);
}

const COLLECTION = "/api/v1/namespaces/default/configmaps";

/** One client: makes objects and counts up in them, one request after the other. */
async function write(
  up: Up,
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
async function verify(up: Up, known: ReadonlyMap<string, Known>, newest: number): Promise<void> {
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

Deno.test("what was acknowledged survives a killed process", async () => {
  const seed = Number(Deno.env.get("SEED") ?? Deno.pid);
  const dice = new Dice(seed);
  const folder = await Deno.makeTempDir({ prefix: "capim-crash-" });
  const known = new Map<string, Known>();
  const newest = { revision: 0 };
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      await using up = await Up.start(folder);
      await verify(up, known, newest.revision);
      if (round === ROUNDS) break;
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
