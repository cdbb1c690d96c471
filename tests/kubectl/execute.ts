// Runs the commands of a file with one kubectl against one server, in a folder of their own.

import { parse, stringify } from "yaml";
import { normalise, type Run, withoutProse } from "./normalise.ts";
import { type Scenario, splitArguments, type Step, stepsOf } from "./scenario.ts";
import type { Outcome } from "./transcript.ts";

/** How long a command may take. */
const COMMAND_TIMEOUT_MS = 30_000;
/** How long a background command may take to show what is waited for. */
const BACKGROUND_TIMEOUT_MS = 15_000;

/** A kubectl and the server it talks to. */
export interface Target {
  /** The program. */
  readonly kubectl: string;
  /** Its minor version. */
  readonly minor: number;
  /** The text of the administrator's kubeconfig. */
  readonly kubeconfig: string;
}

/** A command that runs beside others. */
interface Background {
  readonly process: Deno.ChildProcess;
  readonly stdout: Gathered;
  readonly stderr: Gathered;
}

/** The output of a process, as far as it came. */
class Gathered {
  text = "";
  closed = false;
  readonly ended: Promise<void>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.ended = this.#gather(stream);
  }

  async #gather(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) this.text += decoder.decode(chunk, { stream: true });
    this.closed = true;
  }

  async shows(pattern: string): Promise<void> {
    const wanted = new RegExp(pattern, "m");
    const deadline = Date.now() + BACKGROUND_TIMEOUT_MS;
    while (!wanted.test(this.text) && !this.closed && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

interface KubeconfigDocument {
  readonly clusters: readonly { cluster: { server: string } }[];
  readonly contexts: readonly { context: { namespace?: string } }[];
}

/** Runs the steps of a scenario and tells what came out of those that are compared. */
export async function execute(scenario: Scenario, target: Target): Promise<Outcome[]> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "capim-kubectl-" }));
  try {
    return await new Execution(scenario, target, folder).run();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

class Execution {
  readonly #scenario: Scenario;
  readonly #target: Target;
  readonly #folder: string;
  readonly #run: Run;
  readonly #kubeconfig: KubeconfigDocument;
  readonly #background = new Map<string, Background>();

  constructor(scenario: Scenario, target: Target, folder: string) {
    this.#scenario = scenario;
    this.#target = target;
    this.#folder = folder;
    this.#kubeconfig = parse(target.kubeconfig) as KubeconfigDocument;
    this.#run = { folder, server: this.#kubeconfig.clusters[0]?.cluster.server ?? "" };
  }

  async run(): Promise<Outcome[]> {
    await this.#prepare();
    const outcomes: Outcome[] = [];
    try {
      for (const step of stepsOf(this.#scenario, this.#target.minor)) {
        const outcome = await this.#step(step);
        if (outcome !== undefined && step.silent !== true) outcomes.push(outcome);
      }
    } finally {
      for (const { process } of this.#background.values()) process.kill("SIGKILL");
    }
    return outcomes;
  }

  async #prepare(): Promise<void> {
    const namespace = `t-${this.#scenario.name}`;
    for (const { context } of this.#kubeconfig.contexts) context.namespace = namespace;
    await this.#write({ ".kubeconfig": stringify(this.#kubeconfig), ...this.#scenario.files });
    for (const args of [`create namespace ${namespace}`, "create serviceaccount default"]) {
      const { code, stderr } = await this.#command({ args });
      if (code !== 0) throw new Error(`kubectl ${args}: ${stderr}`);
    }
  }

  async #write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const path = `${this.#folder}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(path, text);
    }
  }

  async #step(step: Step): Promise<Outcome | undefined> {
    await this.#write(step.files ?? {});
    if (step.background !== undefined) {
      const background = this.#spawn(step);
      this.#background.set(step.background, background);
      if (step.ready !== undefined) await background.stdout.shows(step.ready);
      return undefined;
    }
    if (step.finish !== undefined) return await this.#finish(step);
    const deadline = Date.now() + BACKGROUND_TIMEOUT_MS;
    for (;;) {
      const outcome = await this.#command(step);
      if (step.patient !== true || outcome.code === 0 || Date.now() > deadline) return outcome;
    }
  }

  #spawn(step: Step): Background {
    const process = new Deno.Command(this.#target.kubectl, {
      args: splitArguments(step.args),
      cwd: this.#folder,
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        HOME: this.#folder,
        TMPDIR: this.#folder,
        KUBECONFIG: `${this.#folder}/.kubeconfig`,
        TZ: "UTC",
        ...step.env,
      },
      stdin: step.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return { process, stdout: new Gathered(process.stdout), stderr: new Gathered(process.stderr) };
  }

  async #command(step: Step): Promise<Outcome> {
    const command = this.#spawn(step);
    if (step.stdin !== undefined) {
      const writer = command.process.stdin.getWriter();
      // A command may end without reading.
      await writer.write(new TextEncoder().encode(step.stdin)).catch(() => {});
      await writer.close().catch(() => {});
    }
    const timer = setTimeout(() => command.process.kill("SIGKILL"), COMMAND_TIMEOUT_MS);
    const { code } = await command.process.status;
    clearTimeout(timer);
    return await this.#outcome(step, command, code);
  }

  async #finish(step: Step): Promise<Outcome> {
    const command = this.#background.get(step.finish ?? "");
    if (command === undefined) throw new Error(`Nothing runs under the name "${step.finish}"`);
    this.#background.delete(step.finish ?? "");
    await command.stdout.shows(step.until ?? "");
    try {
      command.process.kill("SIGTERM");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
    await command.process.status;
    return await this.#outcome(step, command, 0);
  }

  async #outcome(step: Step, command: Background, code: number): Promise<Outcome> {
    await Promise.all([command.stdout.ended, command.stderr.ended]);
    const view = (text: string) => {
      const plain = normalise(text, this.#run, step.mask ?? []);
      const told = step.args.startsWith("explain") ? withoutProse(plain) : plain;
      if (step.unordered !== true || told === "") return told;
      return `${told.trimEnd().split("\n").sort().join("\n")}\n`;
    };
    const stdout = view(command.stdout.text);
    return { args: step.args, stdout, stderr: view(command.stderr.text), code };
  }
}
