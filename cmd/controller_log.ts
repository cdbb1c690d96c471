// The log of `capim controller`: a line a record, for people or as JSON, with
// a verbosity that can change while the process runs.

import { type Clock, rfc3339Micro } from "../runtime/clock.ts";
import { formatJsonRecord, formatRecord, type Logger, makeLogger } from "../runtime/log.ts";

/** From this verbosity on every step is told. */
const DETAILS = 4;

/** A logger, and how much it tells. */
export interface ControllerLog {
  /** What the process writes to. */
  readonly logger: Logger;
  /** Sets the verbosity. Throws with one line when the text is no level. */
  setVerbosity(text: string): void;
}

/** A log that writes lines with `write`. */
export function controllerLog(
  options: { readonly json: boolean; readonly verbosity: number; readonly clock: Clock },
  write: (line: string) => void,
): ControllerLog {
  const { json, clock } = options;
  let { verbosity } = options;
  const logger = makeLogger((record) => {
    if (record.level === "debug" && verbosity < DETAILS) return;
    const now_ms = clock.now();
    write(
      json
        ? formatJsonRecord(record, now_ms)
        : `${rfc3339Micro(now_ms).replace("000Z", "Z")} ${formatRecord(record)}`,
    );
  }, "debug");
  return {
    logger,
    setVerbosity(text) {
      if (!/^\d{1,2}$/.test(text)) throw new TypeError(`"${text}" is no whole number`);
      verbosity = Number(text);
    },
  };
}
