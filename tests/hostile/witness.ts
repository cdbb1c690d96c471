// A client that means no harm, in a process of its own: asked to `begin`, it
// asks a cluster again and again, on one connection that it keeps and on new
// ones; asked to `end`, it tells how long the answers took.
// Usage: deno run -A witness.ts TARGET   as JSON

import { Agent, request, type RequestOptions } from "node:https";
import type { Target } from "./connections.ts";
import { questions, say } from "./program.ts";

const ANSWER_MS_MAX = 20_000;
const PAUSE_MS = 20;

/** How long answers took, in milliseconds. */
export interface Latency {
  readonly answers: number;
  readonly median_ms: number;
  readonly p99_ms: number;
  readonly worst_ms: number;
}

/** What a client has seen. */
export interface Testimony {
  readonly kept: Latency;
  readonly fresh: Latency;
  /** Answers that did not come, or were others than they should be. */
  readonly refused: number;
}

/** Whether a cluster answers. */
export function answers(target: Target, agent: Agent | false = false): Promise<boolean> {
  const { host, port, authority: ca, certificate: cert, key } = target;
  const options: RequestOptions = { host, port, ca, cert, key, agent };
  return new Promise((resolve) => {
    const asked = request({ ...options, path: "/api/v1/namespaces/default" }, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode === 200));
    });
    asked.setTimeout(ANSWER_MS_MAX, () => asked.destroy());
    asked.on("error", () => resolve(false));
    asked.on("close", () => resolve(false));
    asked.end();
  });
}

function latency(times_ms: number[]): Latency {
  times_ms.sort((a, b) => a - b);
  const at = (part: number) => times_ms[Math.floor(part * (times_ms.length - 1))] ?? 0;
  return { answers: times_ms.length, median_ms: at(0.5), p99_ms: at(0.99), worst_ms: at(1) };
}

class Witness {
  readonly #target: Target;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #over = false;
  #refused = 0;
  #watching: Promise<Latency[]> = Promise.resolve([]);

  constructor(target: Target) {
    this.#target = target;
  }

  begin(): void {
    this.#over = false;
    this.#refused = 0;
    this.#watching = Promise.all([this.#watch(this.#agent), this.#watch(false)]);
  }

  async end(): Promise<Testimony> {
    this.#over = true;
    const [kept, fresh] = await this.#watching as [Latency, Latency];
    return { kept, fresh, refused: this.#refused };
  }

  async #watch(agent: Agent | false): Promise<Latency> {
    const times_ms: number[] = [];
    while (!this.#over) {
      const begin = performance.now();
      if (await answers(this.#target, agent)) times_ms.push(performance.now() - begin);
      else this.#refused++;
      await new Promise((next) => setTimeout(next, PAUSE_MS));
    }
    return latency(times_ms);
  }
}

if (import.meta.main) {
  const target: Target = JSON.parse(Deno.args[0] ?? "");
  const witness = new Witness(target);
  // The first handshake of a process costs more than all others.
  await answers(target);
  say("ready");
  for await (const question of questions()) {
    if (question === "begin") {
      witness.begin();
      say("begun");
    } else say(await witness.end());
  }
  Deno.exit();
}
