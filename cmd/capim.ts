/**
 * The command line: Kubernetes control planes that are not there.
 *
 * @module
 */

import process from "node:process";
import { type Command, commandHelp, parseArguments, type Terminal, UsageError } from "./command.ts";
import { controller } from "./controller.ts";
import { kubeconfig } from "./kubeconfig.ts";
import { serve } from "./serve.ts";
import { up } from "./up.ts";
import { version } from "./version.ts";

const COMMANDS: readonly Command[] = [up, controller, serve, kubeconfig, version];

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length)) + 2;
  const rows = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`);
  return "capim runs Kubernetes control planes that are not there.\n\n" +
    `Usage: capim COMMAND [flags]\n\nCommands:\n${rows.join("\n")}\n\n` +
    '"capim COMMAND --help" tells more about one.\n';
}

/** Runs one call of the command line; answers the exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    const topic = COMMANDS.find((command) => command.name === rest[0]);
    terminal.out(topic === undefined ? overview() : commandHelp(topic));
    return name === undefined ? 2 : 0;
  }
  const command = COMMANDS.find((known) =>
    known.name === (name === "--version" ? "version" : name)
  );
  if (command === undefined) {
    terminal.err(`capim: Unknown command "${name}"; "capim --help" lists those there are`);
    return 2;
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    terminal.out(commandHelp(command));
    return 0;
  }
  try {
    return await command.run(parseArguments(command, rest), terminal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.err(`capim ${command.name}: ${error.message}`);
    return 2;
  }
}

/** The terminal of this process; interrupting it asks to stop, doing so again ends it at once. */
function processTerminal(): Terminal {
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      let asked = false;
      Deno.addSignalListener(signal, () => {
        if (asked) Deno.exit(130);
        asked = true;
        resolve(signal);
      });
    }
  });
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    stopped,
  };
}

if (import.meta.main) Deno.exit(await main(Deno.args, processTerminal()));
