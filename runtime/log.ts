// Structured logging as an argument: a message and key/values, at a level.
// Nothing here writes anywhere by itself: a program passes in where lines
// go, and tests pass in a list or nothing.

/** How important a line is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Key/values beside a message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where the library says what it does. */
export interface Logger {
  /** Details of every step. */
  debug(message: string, fields?: LogFields): void;
  /** What an operator wants to know. */
  info(message: string, fields?: LogFields): void;
  /** Something is odd; the program goes on. */
  warn(message: string, fields?: LogFields): void;
  /** Something failed. */
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to every line. */
  with(fields: LogFields): Logger;
}

/** One line of a log. */
export interface LogRecord {
  /** How important it is. */
  readonly level: LogLevel;
  /** What happened, in words. */
  readonly message: string;
  /** What it is about. */
  readonly fields: LogFields;
}

const ORDER: Readonly<Record<LogLevel, number>> = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
};

/** A logger that hands every record of at least `level` to `write`. */
export function makeLogger(
  write: (record: LogRecord) => void,
  level: LogLevel = "info",
  fields: LogFields = {},
): Logger {
  const at = (recordLevel: LogLevel) => (message: string, more: LogFields = {}) => {
    if (ORDER[recordLevel] >= ORDER[level]) {
      write({ level: recordLevel, message, fields: { ...fields, ...more } });
    }
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (more) => makeLogger(write, level, { ...fields, ...more }),
  };
}

/** A record as one line of `level message key=value …`; errors print their message, trees as JSON. */
export function formatRecord({ level, message, fields }: LogRecord): string {
  const parts = Object.entries(fields).map(([key, value]) => ` ${key}=${formatValue(value)}`);
  return `${level} ${message}${parts.join("")}`;
}

/** A record as one JSON object in a line: `ts` in seconds since the epoch, `level`, `msg`, and the fields. */
export function formatJsonRecord({ level, message, fields }: LogRecord, now_ms: number): string {
  const plain = Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      // A field must not pass for what every line has.
      ["ts", "level", "msg"].includes(key) ? `${key}_` : key,
      value instanceof Error ? value.message : value,
    ]),
  );
  return JSON.stringify({ ts: now_ms / 1000, level, msg: message, ...plain });
}

function formatValue(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message);
  if (typeof value === "string") {
    return /[\s="]/.test(value) ? JSON.stringify(value) : value;
  }
  return JSON.stringify(value) ?? String(value);
}

/** A logger that says nothing. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => silentLogger,
};
