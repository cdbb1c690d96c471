// How large the members' databases are: they grow with the data, and what
// was once needed stays theirs until they are defragmented. Sizes only; the
// file is made when somebody asks for a snapshot. Source: bbolt as etcd uses
// it (Maintenance.Status, Maintenance.Defragment).

import { DatabaseFile } from "./bolt/database_file.ts";
import { databaseBuckets } from "./database_buckets.ts";
import type { EtcdCluster } from "./etcd_cluster.ts";

/** The size of a member's database, in bytes. */
export interface DatabaseSize {
  /** The file. */
  readonly size_bytes: number;
  /** What of it is not free. */
  readonly used_bytes: number;
}

/** The sizes of the databases of one cluster. */
export class DatabaseSizes {
  readonly #cluster: EtcdCluster;
  readonly #files = new Map<bigint, number>();
  /** What the present state needs, and what state that is. */
  #need: { readonly state: string; readonly file_bytes: number; readonly used_bytes: number } = {
    state: "",
    file_bytes: 0,
    used_bytes: 0,
  };

  /** Of the members of this cluster. */
  constructor(cluster: EtcdCluster) {
    this.#cluster = cluster;
  }

  /** The size of a member's database now. */
  of(member: bigint): DatabaseSize {
    this.observe();
    const { used_bytes } = this.#measure();
    return { size_bytes: this.#files.get(member) ?? 0, used_bytes };
  }

  /** How large a member's file has been seen to be, without looking at the data. */
  seen(member: bigint): number {
    return this.#files.get(member) ?? 0;
  }

  /** Looks at the data, such as before some of it goes: what it needs the files have from now on. */
  observe(): void {
    this.atLeast(this.#measure().file_bytes);
  }

  /** Makes every file at least so large. */
  atLeast(bytes: number): void {
    const known = new Set(this.#cluster.members.map(({ id }) => id));
    for (const id of this.#files.keys()) if (!known.has(id)) this.#files.delete(id);
    for (const id of known) this.#files.set(id, Math.max(bytes, this.#files.get(id) ?? 0));
  }

  /** Gives back what a member's database does not need. */
  defragment(member: bigint): void {
    this.#files.set(member, this.#measure().file_bytes);
  }

  #measure(): { file_bytes: number; used_bytes: number } {
    const state = this.#cluster.databaseState;
    if (this.#need.state !== state) {
      const { live_bytes, commit_bytes } = new DatabaseFile(databaseBuckets(this.#cluster));
      this.#need = {
        state,
        file_bytes: live_bytes + 2 * commit_bytes,
        used_bytes: live_bytes + commit_bytes,
      };
    }
    return this.#need;
  }
}
