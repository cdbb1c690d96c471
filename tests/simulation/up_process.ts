// `capim up --data-dir` in a process of its own, which can be killed and
// started again.

import { readKubeconfig } from "../../runtime/read_kubeconfig.ts";

const START_MS_MAX = 60_000;
const CAPIM = new URL("../../cmd/capim.ts", import.meta.url).pathname;
/** What `ulimit -f` counts in a POSIX shell. */
const BLOCK_BYTES = 512;
/** A write beyond the limit fails rather than ends the process. */
const LIMITED = 'trap \'\' XFSZ; ulimit -f "$0"; exec "$@"';

/** A running management cluster in a process of its own. */
export class UpProcess implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #url: string;
  readonly #client: Deno.HttpClient;

  private constructor(process: Deno.ChildProcess, url: string, client: Deno.HttpClient) {
    this.#process = process;
    this.#url = url;
    this.#client = client;
  }

  /** Starts it; `told` hears its log. No file of its grows beyond `file_bytes_max`, as on a disk that is full. */
  static async start(
    folder: string,
    { file_bytes_max, told }: { file_bytes_max?: number; told?: (text: string) => void } = {},
  ): Promise<UpProcess> {
    const kubeconfig = `${folder}/kubeconfig`;
    await Deno.remove(kubeconfig).catch(() => {});
    const args = ["run", "-A", "--quiet", CAPIM, "up", "--port", "0", "--log-level", "error"]
      .concat(["--data-dir", `${folder}/data`, "--kubeconfig", kubeconfig]);
    const [program, ...own] = file_bytes_max === undefined
      ? [Deno.execPath(), ...args]
      : ["sh", "-c", LIMITED, String(file_bytes_max / BLOCK_BYTES), Deno.execPath(), ...args];
    const process = new Deno.Command(program as string, {
      args: own,
      stdin: "null",
      stdout: "piped",
      stderr: told === undefined ? "inherit" : "piped",
    }).spawn();
    if (told !== undefined) void tell(process.stderr, told);
    await untilLine(process.stdout, "Management cluster");
    const { server, authority, certificate, key } = readKubeconfig(
      await Deno.readTextFile(kubeconfig),
    );
    const client = Deno.createHttpClient({
      caCerts: [authority],
      cert: certificate!,
      key: key!,
    });
    return new UpProcess(process, server, client);
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

  /** Kills it at once. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
    this.#client.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill().catch(() => {});
  }
}

async function tell(
  stream: ReadableStream<Uint8Array>,
  told: (text: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of stream) told(decoder.decode(chunk, { stream: true }));
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
