import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "./capim.ts";
import type { Terminal } from "./command.ts";

/** A terminal that remembers what was said and is interrupted on demand. */
class Recorder implements Terminal {
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  interrupt!: () => void;
  readonly stopped: Promise<string> = new Promise((resolve) =>
    this.interrupt = () => resolve("SIGINT")
  );
  #waiting: { text: string; resolve: (line: string) => void }[] = [];

  out(text: string): void {
    this.lines.push(text);
    for (const { text: wanted, resolve } of this.#waiting) if (text.includes(wanted)) resolve(text);
  }

  err(text: string): void {
    this.errors.push(text);
  }

  saying(text: string): Promise<string> {
    return new Promise((resolve) => this.#waiting.push({ text, resolve }));
  }
}

async function call(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const terminal = new Recorder();
  const code = await main(args, terminal);
  return { code, out: terminal.lines.join("\n"), err: terminal.errors.join("\n") };
}

Deno.test("capim helps", async () => {
  for (
    const args of [["--help"], ["help"], ["help", "serve"], ["up", "--help"], ["kubeconfig", "-h"]]
  ) {
    const { code, out } = await call(...args);
    assertEquals(code, 0);
    assertStringIncludes(out, "Usage: capim ");
  }
  assertEquals((await call()).code, 2);
  assertStringIncludes((await call("version")).out, "Kubernetes v1.36.3");
});

Deno.test("capim says in one line what is wrong, with exit code 2", async () => {
  const cases: [string[], string][] = [
    [["bring"], 'capim: Unknown command "bring"; "capim --help" lists those there are'],
    [
      ["serve", "--port", "x"],
      'capim serve: --port is "x"; it must be a whole number from 0 to 65535',
    ],
    [
      ["serve", "--controllers", "all"],
      'capim serve: --controllers is "all"; it must be none or default',
    ],
    [
      ["up", "--cluster-ports", "9"],
      'capim up: --cluster-ports is "9"; it must be FIRST-LAST within 1-65535, such as 20000-24000',
    ],
    [["kubeconfig"], "capim kubeconfig: Usage: capim kubeconfig NAME [flags]"],
    [
      ["kubeconfig", "a", "--kubeconfig", "/no/such/file"],
      "capim kubeconfig: Cannot read /no/such/file: no such file or folder",
    ],
  ];
  for (const [args, expected] of cases) {
    const { code, err } = await call(...args);
    assertEquals([code, err], [2, expected]);
  }
});

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("capim serve tells where it serves, writes a private kubeconfig and stops when asked", () =>
  withFolder(async (folder) => {
    const file = `${folder}/serve.kubeconfig`;
    const terminal = new Recorder();
    const ready = terminal.saying("ready ");
    const ended = main(["serve", "--kubeconfig", file], terminal);
    const line = await ready;
    assert(/^ready https:\/\/127\.0\.0\.1:\d+ kubeconfig=/.test(line), line);
    assertEquals(((await Deno.stat(file)).mode ?? 0) & 0o777, 0o600);
    const port = /:(\d+) /.exec(line)?.[1] ?? "";
    const second = await call("serve", "--port", port, "--kubeconfig", `${folder}/other`);
    assertEquals(second.code, 2);
    assertStringIncludes(
      second.err,
      `Cannot listen on 127.0.0.1 port ${port}: something else listens there`,
    );
    terminal.interrupt();
    assertEquals(await ended, 0);
  }));

Deno.test("capim up keeps its clusters in the data directory", () =>
  withFolder(async (folder) => {
    const file = `${folder}/up.kubeconfig`;
    const run = async (): Promise<string> => {
      const terminal = new Recorder();
      const ready = terminal.saying("kubeconfig: ");
      const args = ["up", "--port", "0", "--data-dir", `${folder}/data`, "--kubeconfig", file];
      const ended = main(args, terminal);
      await ready;
      const missing = await call("kubeconfig", "absent", "--kubeconfig", file);
      assertEquals(missing.code, 2);
      assertStringIncludes(
        missing.err,
        'Cluster "absent" in namespace "default" has no kubeconfig yet',
      );
      terminal.interrupt();
      assertEquals(await ended, 0);
      return await Deno.readTextFile(file);
    };
    const authority = (text: string) => /certificate-authority-data: (\S+)/.exec(text)?.[1];
    assertEquals(authority(await run()), authority(await run()));
  }));
