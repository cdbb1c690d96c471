// What a command of the command line is, and how its arguments are read.
// Mistakes become one line on standard error and exit code 2.

import { durationMs } from "../runtime/duration.ts";

/** A mistake in how a command was called, or in a file it was given. Printed as one line; exit code 2. */
export class UsageError extends Error {
  /** The name by which it is known. */
  override name = "UsageError";
}

/** A flag that a command takes. */
export interface Flag {
  /** Without the dashes. */
  readonly name: string;
  /** One letter, without the dash. */
  readonly short?: string;
  /** What stands for the value in the help; absent for switches. */
  readonly value?: string;
  readonly help: string;
  readonly default?: string;
  /** A switch that may also be written `--name=true` and `--name=false`. */
  readonly switch?: true;
}

/** The arguments of a call, by what they are. */
export interface Arguments {
  /** Of flags with a value: the value or its default. Of switches: `"true"` when given. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly positionals: readonly string[];
}

/** What a command has to do with the world. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Resolves when the process is asked to stop. */
  readonly stopped: Promise<string>;
}

/** A command. */
export interface Command {
  readonly name: string;
  /** Arguments after the name, for the help. */
  readonly synopsis: string;
  /** One line. */
  readonly summary: string;
  /** Further lines. */
  readonly description: string;
  readonly flags: readonly Flag[];
  readonly positionals: { readonly min: number; readonly max: number };
  /** The exit code. */
  run(args: Arguments, terminal: Terminal): Promise<number>;
}

/** Reads a command's arguments. Throws {@linkcode UsageError}. */
export function parseArguments(
  command: Command,
  args: readonly string[],
): Arguments {
  const flags: Record<string, string | undefined> = {};
  const positionals: string[] = [];
  for (const flag of command.flags) {
    if (flag.default !== undefined) flags[flag.name] = flag.default;
  }
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === "--") {
      positionals.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      positionals.push(arg);
      continue;
    }
    const { flag, inline } = findFlag(command, arg);
    if (flag.value === undefined) {
      flags[flag.name] = switchValue(flag, inline);
      continue;
    }
    const value = inline ?? args[++i];
    if (value === undefined) {
      throw new UsageError(
        `--${flag.name} needs a value: --${flag.name} ${flag.value}`,
      );
    }
    flags[flag.name] = value;
  }
  checkPositionals(command, positionals);
  return { flags, positionals };
}

function switchValue({ name, switch: two }: Flag, inline: string | undefined): string {
  if (inline === undefined) return "true";
  if (!two) throw new UsageError(`--${name} takes no value`);
  if (inline === "true" || inline === "false") return inline;
  throw new UsageError(`--${name} is "${inline}"; it must be true or false`);
}

function findFlag(
  command: Command,
  arg: string,
): { flag: Flag; inline: string | undefined } {
  const equals = arg.indexOf("=");
  const name = equals < 0 ? arg : arg.slice(0, equals);
  // As Kubernetes' own programs: words of a name may be joined by underscores.
  const dashed = name.replaceAll("_", "-");
  const flag = command.flags.find(({ name: long, short }) =>
    dashed === `--${long}` || dashed === `-${short}`
  );
  if (flag === undefined) {
    throw new UsageError(
      `Unknown flag ${name}; "capim ${command.name} --help" lists those there are`,
    );
  }
  return { flag, inline: equals < 0 ? undefined : arg.slice(equals + 1) };
}

function checkPositionals(
  command: Command,
  positionals: readonly string[],
): void {
  const { min, max } = command.positionals;
  if (positionals.length < min) {
    throw new UsageError(`Usage: capim ${command.name} ${command.synopsis}`);
  }
  const extra = positionals[max];
  if (extra !== undefined) {
    throw new UsageError(
      `Unexpected argument "${extra}"; usage: capim ${command.name} ${command.synopsis}`,
    );
  }
}

/** The value of a flag as a whole number of that range. Throws {@linkcode UsageError}. */
export function integerFlag(
  args: Arguments,
  name: string,
  min: number,
  max: number,
): number {
  const text = args.flags[name] ?? "";
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new UsageError(
      `--${name} is "${text}"; it must be a whole number from ${min} to ${max}`,
    );
  }
  return value;
}

/** The value of a flag as a number above 0 and up to that, which may have a fraction. Throws {@linkcode UsageError}. */
export function numberFlag(args: Arguments, name: string, max: number): number {
  const text = args.flags[name] ?? "";
  const value = Number(text);
  if (!/^(\d+\.?\d*|\.\d+)$/.test(text) || value <= 0 || value > max) {
    throw new UsageError(`--${name} is "${text}"; it must be a number above 0, up to ${max}`);
  }
  return value;
}

/** The value of a flag as a Go duration such as `10m`, in milliseconds above 0. Throws {@linkcode UsageError}. */
export function durationFlag(args: Arguments, name: string): number {
  const text = args.flags[name] ?? "";
  try {
    const value_ms = durationMs(text);
    if (value_ms > 0) return value_ms;
  } catch {
    // Told below.
  }
  throw new UsageError(`--${name} is "${text}"; it must be a duration such as 15s or 10m`);
}

/** Where to listen; `host` is empty for all addresses. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The value of a flag as `HOST:PORT` or `:PORT`; `undefined` for none or 0. Throws {@linkcode UsageError}. */
export function addressFlag(args: Arguments, name: string): Address | undefined {
  const text = args.flags[name] ?? "";
  if (text === "" || text === "0") return undefined;
  const [match, host = "", digits = ""] = /^(\[[^\]]+\]|[^:]*):(\d+)$/.exec(text) ?? [];
  const port = Number(digits);
  if (match === undefined || port > 65535) {
    throw new UsageError(`--${name} is "${text}"; it must be HOST:PORT or :PORT, or 0 for none`);
  }
  return { host: host.replace(/^\[|\]$/g, ""), port };
}

/** First and last port of a flag `FIRST-LAST`. Throws {@linkcode UsageError}. */
export function portRangeFlag(args: Arguments, name: string): { first: number; last: number } {
  const text = args.flags[name] ?? "";
  const match = /^(\d+)-(\d+)$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || first < 1 || last > 65535 || first > last) {
    throw new UsageError(
      `--${name} is "${text}"; it must be FIRST-LAST within 1-65535, such as 20000-24000`,
    );
  }
  return { first, last };
}

/** The value of a flag as one of those. Throws {@linkcode UsageError}. */
export function choiceFlag<T extends string>(
  args: Arguments,
  name: string,
  choices: readonly T[],
): T {
  const text = args.flags[name] ?? "";
  const found = choices.find((choice) => choice === text);
  if (found === undefined) {
    throw new UsageError(
      `--${name} is "${text}"; it must be ${choices.join(" or ")}`,
    );
  }
  return found;
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const rows = command.flags.map((flag) => {
    const name = `${flag.short === undefined ? "    " : `-${flag.short}, `}--${flag.name}`;
    const preset = flag.default === undefined || flag.default === ""
      ? ""
      : ` (default ${flag.default})`;
    return [
      `  ${name}${flag.value === undefined ? "" : ` ${flag.value}`}`,
      `${flag.help}${preset}`,
    ] as const;
  });
  const width = Math.max(0, ...rows.map(([name]) => name.length)) + 2;
  const flags = rows.map(([name, help]) => name.padEnd(width) + help).join(
    "\n",
  );
  return `${command.summary}\n\nUsage: capim ${command.name} ${command.synopsis}\n` +
    `${command.description === "" ? "" : `\n${command.description}\n`}${
      flags === "" ? "" : `\nFlags:\n${flags}\n`
    }`;
}
