// `capim controller` as a process of its own, which can be killed.

const CAPIM = new URL("../../cmd/capim.ts", import.meta.url).pathname;

/** A running `capim controller`. */
export class ProviderProcess implements AsyncDisposable {
  /** What it has logged, line by line. */
  readonly log: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #ready = Promise.withResolvers<void>();
  readonly #reading: Promise<unknown>;

  /** Starts one that serves nothing but workload clusters. */
  constructor(kubeconfig: string, ...flags: string[]) {
    const quiet = ["health-addr", "diagnostics-address", "webhook-port", "debug-port"]
      .map((name) => `--${name}=0`);
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", CAPIM, "controller", "--kubeconfig", kubeconfig, ...quiet, ...flags],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#ready.promise.catch(() => {});
    this.#reading = Promise.all([
      this.#read(this.#child.stdout, (line) => {
        if (line.startsWith("ready ")) this.#ready.resolve();
      }),
      this.#read(this.#child.stderr, (line) => this.log.push(line)),
    ]);
    void this.#child.status.then(({ code }) =>
      this.#ready.reject(new Error(`exited with ${code}: ${this.log.join("\n")}`))
    );
  }

  /** Resolves once its controllers run. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Its exit code once it has ended. */
  get ended(): Promise<number> {
    return this.#child.status.then(({ code }) => code);
  }

  /** Sends a signal; resolves when it has ended. */
  async kill(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended by itself.
    }
    await this.#child.status;
    await this.#reading;
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill("SIGKILL");
  }

  async #read(stream: ReadableStream<Uint8Array>, take: (line: string) => void): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(line);
    }
  }
}
