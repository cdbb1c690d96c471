// Downgrades of a cluster: which target versions are allowed and whether one
// is under way. The members of a fake etcd keep running what they run. Source:
// etcd v3 server, version.go of etcdserver and the Downgrade RPC.

import {
  downgradeInProcess,
  invalidDowngradeTarget,
  unknownMethod,
  wrongDowngradeFormat,
} from "./errors.ts";

/** What is asked for: `DowngradeRequest.DowngradeAction` by number. */
const ACTIONS = ["validate", "enable", "cancel"] as const;

/** The downgrade of one cluster. */
export class Downgrade {
  /** `major.minor` of the cluster. */
  readonly clusterVersion: string;
  readonly #changed: () => void;
  #target: string | undefined;

  /** Of a cluster whose members run `version`, such as `3.6.4`; under way to `target`, if any. `changed` is told of new ones. */
  constructor(version: string, changed: () => void = () => {}, target?: string) {
    this.clusterVersion = version.split(".").slice(0, 2).join(".");
    this.#changed = changed;
    this.#target = target;
  }

  /** The version that the cluster is on its way to, `major.minor.0`; `undefined` when it is not. */
  get target(): string | undefined {
    return this.#target;
  }

  /** Checks, begins or ends a downgrade. Throws what etcd says of it. */
  act(action: number, version: string): void {
    const kind = ACTIONS[action];
    if (kind === "cancel") {
      return this.#set(undefined);
    }
    if (kind === undefined) throw unknownMethod();
    const target = majorMinor(version);
    if (target !== oneBelow(this.clusterVersion)) throw invalidDowngradeTarget();
    if (this.#target !== undefined) throw downgradeInProcess();
    if (kind === "enable") this.#set(`${target}.0`);
  }

  #set(target: string | undefined): void {
    this.#target = target;
    this.#changed();
  }
}

function majorMinor(version: string): string {
  const match = /^(\d+)\.(\d+)(?:\.\d+)?$/.exec(version);
  if (match === null) throw wrongDowngradeFormat();
  return `${match[1]}.${match[2]}`;
}

function oneBelow(version: string): string {
  const [major, minor] = version.split(".");
  return `${major}.${Number(minor) - 1}`;
}
