// Where attacks take place: the victim in a process of its own, and the
// questions whether its clusters still answer and what it holds.

import { request } from "node:https";
import type { Target } from "./connections.ts";

const ANSWER_MS_MAX = 10_000;

/** What the victim's process holds. */
export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
}

/** A victim that runs. */
export class Ground implements AsyncDisposable {
  readonly targets: { readonly attacked: Target; readonly bystander: Target };
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #rest = "";

  private constructor(child: Deno.ChildProcess, lines: ReadableStreamDefaultReader<string>) {
    this.#child = child;
    this.#lines = lines;
    this.#input = child.stdin.getWriter();
    this.targets = undefined as never;
  }

  /** Starts the victim. */
  static async open(): Promise<Ground> {
    const file = new URL("./victim.ts", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--v8-flags=--expose-gc", file],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const ground = new Ground(child, child.stdout.pipeThrough(new TextDecoderStream()).getReader());
    const targets = await ground.#line() as Ground["targets"];
    return Object.assign(ground, { targets });
  }

  async #line(): Promise<unknown> {
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#lines.read();
      if (done) throw new Error("The victim's process has ended");
      this.#rest += value;
    }
    const end = this.#rest.indexOf("\n");
    const line = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 1);
    return JSON.parse(line);
  }

  /** What the process holds, after it has collected its garbage. */
  async memory(): Promise<Memory> {
    await this.#input.write(new TextEncoder().encode("memory\n"));
    return await this.#line() as Memory;
  }

  /** Whether a cluster answers a request on a new connection. */
  answers(cluster: "attacked" | "bystander"): Promise<boolean> {
    const { host, port, authority, certificate, key } = this.targets[cluster];
    return new Promise((resolve) => {
      const path = "/api/v1/namespaces/default";
      const options = { host, port, path, ca: authority, cert: certificate, key, agent: false };
      const asked = request(options, (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode === 200));
      });
      asked.setTimeout(ANSWER_MS_MAX, () => asked.destroy());
      asked.on("error", () => resolve(false));
      asked.on("close", () => resolve(false));
      asked.end();
    });
  }

  /** Asks the bystander again and again while something goes on. */
  async watchBystander(
    act: () => Promise<void>,
  ): Promise<{ slowest_ms: number; refused: number }> {
    let [over, slowest_ms, refused] = [false, 0, 0];
    const watching = (async () => {
      while (!over) {
        const begin = performance.now();
        if (!await this.answers("bystander")) refused++;
        slowest_ms = Math.max(slowest_ms, performance.now() - begin);
        await new Promise((next) => setTimeout(next, 20));
      }
    })();
    await act();
    over = true;
    await watching;
    return { slowest_ms, refused };
  }

  /** Ends the victim. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {});
    await this.#child.status;
    await this.#lines.cancel();
  }
}
