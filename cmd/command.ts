// What a command of the command line is, and how its arguments are read.
// Mistakes become one line on standard error and exit code 2.

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
      if (inline !== undefined) {
        throw new UsageError(`--${flag.name} takes no value`);
      }
      flags[flag.name] = "true";
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

function findFlag(
  command: Command,
  arg: string,
): { flag: Flag; inline: string | undefined } {
  const equals = arg.indexOf("=");
  const name = equals < 0 ? arg : arg.slice(0, equals);
  const flag = command.flags.find(({ name: long, short }) =>
    name === `--${long}` || name === `-${short}`
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
