// A host that is another one after a restart, for controllers that live on.

import type { WorkloadHost } from "../../controllers/mod.ts";

/** Passes everything on to the present host. */
export class SwitchedHost implements WorkloadHost {
  readonly #listeners = new Set<(cluster: string) => void>();
  #present: WorkloadHost;

  constructor(host: WorkloadHost) {
    this.#present = host;
    this.switchTo(host);
  }

  /** Everything goes there from now on. */
  switchTo(host: WorkloadHost): void {
    this.#present = host;
    host.onServingChange((cluster) => {
      for (const listener of this.#listeners) listener(cluster);
    });
  }

  ensureListener: WorkloadHost["ensureListener"] = (...args) =>
    this.#present.ensureListener(...args);
  unavailable: WorkloadHost["unavailable"] = (cluster) => this.#present.unavailable(cluster);
  startApiServer: WorkloadHost["startApiServer"] = (...args) =>
    this.#present.startApiServer(...args);
  stopApiServer: WorkloadHost["stopApiServer"] = (...args) => this.#present.stopApiServer(...args);
  addEtcdMember: WorkloadHost["addEtcdMember"] = (...args) => this.#present.addEtcdMember(...args);
  removeEtcdMember: WorkloadHost["removeEtcdMember"] = (...args) =>
    this.#present.removeEtcdMember(...args);
  client: WorkloadHost["client"] = (cluster) => this.#present.client(cluster);
  isServing: WorkloadHost["isServing"] = (cluster) => this.#present.isServing(cluster);
  remove: WorkloadHost["remove"] = (cluster) => this.#present.remove(cluster);

  onServingChange(listener: (cluster: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
