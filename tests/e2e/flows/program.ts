// A program in the background: its output goes into a file, it is stopped by
// its process id, and what it costs is read from /proc where there is one.

import { Hopeless } from "./waiting.ts";

/** A program that was started. */
export class Program {
  /** What it is called in reports. */
  readonly name: string;
  /** The file with its output. */
  readonly log: string;
  readonly #child: Deno.ChildProcess;
  readonly #written: Promise<unknown>;
  #ended = false;

  private constructor(name: string, log: string, child: Deno.ChildProcess, file: Deno.FsFile) {
    this.name = name;
    this.log = log;
    this.#child = child;
    this.#written = this.#copy(file);
    void child.status.then(() => this.#ended = true);
  }

  /** Starts it. Output is added to the log. */
  static async start(
    name: string,
    log: string,
    command: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Program> {
    const [program = "", ...args] = command;
    const file = await Deno.open(log, { create: true, append: true });
    const child = new Deno.Command(program, {
      args,
      env: { ...env, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return new Program(name, log, child, file);
  }

  /** Throws {@linkcode Hopeless} with its last words when it has come to its end. */
  assertRunning(): void {
    if (!this.#ended) return;
    const last = Deno.readTextFileSync(this.log).trim().split("\n").slice(-5);
    throw new Hopeless(`${this.name} ended; the last of ${this.log}:\n${last.join("\n")}`);
  }

  /** Its process. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Sends a signal, and waits for the end. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<void> {
    if (!this.#ended) this.#child.kill(signal);
    await this.#child.status;
    await this.#written;
  }

  /** Memory in MiB and seconds of CPU; zeros where the system does not say. */
  async cost(): Promise<{ resident_mib: number; cpu_s: number }> {
    try {
      const status = await Deno.readTextFile(`/proc/${this.pid}/status`);
      const stat = (await Deno.readTextFile(`/proc/${this.pid}/stat`)).replace(/^.*\) /, "");
      const fields = stat.split(" ");
      return {
        resident_mib: Number(status.match(/VmRSS:\s+(\d+)/)?.[1] ?? 0) / 1024,
        cpu_s: (Number(fields[11]) + Number(fields[12])) / 100,
      };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return { resident_mib: 0, cpu_s: 0 };
      throw error;
    }
  }

  async #copy(file: Deno.FsFile): Promise<void> {
    const copy = async (stream: ReadableStream<Uint8Array>) => {
      for await (const chunk of stream) {
        for (let done = 0; done < chunk.length;) done += await file.write(chunk.subarray(done));
      }
    };
    await Promise.all([copy(this.#child.stdout), copy(this.#child.stderr)]);
    file.close();
  }
}

/** Runs a program to its end. Throws `Error` with what it printed when it fails. */
export async function output(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const [program = "", ...args] = command;
  const { success, stdout, stderr } = await new Deno.Command(program, { args, env, stdin: "null" })
    .output();
  const text = new TextDecoder().decode(stdout);
  if (success) return text;
  const said = `${text}${new TextDecoder().decode(stderr)}`.trim();
  throw new Error(`${program.replace(/.*\//, "")} ${args.join(" ")} failed:\n${said}`);
}

/** Below the ports that systems give to outgoing connections, which would take one before its server does. */
const PORTS = { first: 12_000, count: 7_000, ofOneRun: 200 };
let cursor = (Deno.pid * PORTS.ofOneRun) % PORTS.count;

/** Ports on loopback that nobody listens on now; none twice. */
export function freePorts(count: number): number[] {
  const found: number[] = [];
  for (let tried = 0; found.length < count && tried < PORTS.count; tried++) {
    const port = PORTS.first + cursor;
    cursor = (cursor + 1) % PORTS.count;
    if (isFree(port)) found.push(port);
  }
  return found;
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch {
    return false;
  }
}
