// Flags of the original provider, of its successor and of klog that cannot
// mean anything in this process. They are taken, so that deployments and
// scripts go on working, and whoever gives one is told why it does nothing.

import { TLS_CIPHER_SUITES } from "../serving/tls_settings.ts";
import { type Arguments, type Flag, UsageError } from "./command.ts";

interface IgnoredFlag {
  readonly value?: string;
  readonly why: string;
  /** What is no value of it: the rest of a sentence that begins with the flag. */
  problem?(value: string): string | undefined;
}

const IN_PROCESS = "workload clusters are in this process and are reached without a client";
const OWN_LOG = "log lines are written at once, to standard error";
const PHASES = ["All", "StorageVersionMigration", "CleanupManagedFields"];

// P-256, P-384, P-521, X25519 and the hybrids with ML-KEM, as Go's crypto/tls numbers them.
const CURVES = ["23", "24", "25", "29", "4587", "4588", "4589"];

const wholeNumber = (value: string) =>
  /^[1-9]\d*$/.test(value) ? undefined : "must be a whole number above 0";

const IGNORED: Readonly<Record<string, IgnoredFlag>> = {
  "clustercache-concurrency": { value: "N", why: IN_PROCESS, problem: wholeNumber },
  "clustercache-client-qps": { value: "N", why: IN_PROCESS },
  "clustercache-client-burst": { value: "N", why: IN_PROCESS, problem: wholeNumber },
  "skip-crd-migration-phases": {
    value: "PHASES",
    why: "no stored object is migrated: every version that was ever stored is still read",
    problem: (value) => {
      const wrong = value.split(",").find((phase) => phase !== "" && !PHASES.includes(phase));
      return wrong === undefined ? undefined : `has "${wrong}"; there are ${PHASES.join(", ")}`;
    },
  },
  "tls-cipher-suites": {
    value: "NAMES",
    why: "the TLS library offers its suites, all of which are safe, and takes no list",
    problem: (value) => {
      const wrong = value.split(",").find((name) => !TLS_CIPHER_SUITES.includes(name.trim()));
      return wrong === undefined || value === ""
        ? undefined
        : `has "${wrong}", which is not offered; there are ${TLS_CIPHER_SUITES.join(", ")}`;
    },
  },
  "tls-curve-preferences": {
    value: "IDS",
    why: "the TLS library chooses among its key exchanges itself",
    problem: (value) => {
      const wrong = value.split(",").find((id) => !CURVES.includes(id.trim()));
      return wrong === undefined ? undefined : `has "${wrong}"; there are ${CURVES.join(", ")}`;
    },
  },
  "contention-profiling": { why: "there are no locks whose contention could be profiled" },
  "vmodule": { value: "PATTERNS", why: "one level holds for all of the log: -v" },
  "log-flush-frequency": { value: "TIME", why: OWN_LOG },
  "log-json-split-stream": { why: OWN_LOG },
  "log-json-info-buffer-size": { value: "SIZE", why: OWN_LOG },
  "log-text-split-stream": { why: OWN_LOG },
  "log-text-info-buffer-size": { value: "SIZE", why: OWN_LOG },
};

/** The flags, for the help and the parser. */
export const IGNORED_FLAGS: readonly Flag[] = Object.entries(IGNORED).map(
  ([name, { value, why }]) => {
    const help = `Taken for compatibility: ${why}`;
    return value === undefined ? { name, switch: true, help } : { name, value, help };
  },
);

/** Those that were given: name and why they do nothing. Throws {@linkcode UsageError} for values they never had. */
export function ignoredFlags({ flags }: Arguments): [name: string, why: string][] {
  return Object.entries(IGNORED).flatMap(([name, { why, problem }]) => {
    const value = flags[name];
    if (value === undefined) return [];
    const wrong = problem?.(value);
    if (wrong !== undefined) throw new UsageError(`--${name} ${wrong}`);
    return [[name, why]];
  });
}
