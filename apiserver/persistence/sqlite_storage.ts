// Clusters that outlive the process: one SQLite file with the last word on
// every object of every cluster. A write is in the file before it is
// acknowledged; a process that is killed at any moment leaves a file that
// opens again (SQLite's write-ahead log).

import { parseJson, stringifyJson } from "../../runtime/json.ts";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { KubeObject } from "../../runtime/object.ts";
import type { BucketChange, Buckets } from "../../runtime/store/buckets.ts";
import type { Journal, Restored, StoreEvent } from "../../runtime/store/types.ts";

/** Grows when the tables change; a file of another layout is refused. */
const LAYOUT = 2;
/** Layouts that lack nothing but tables; 0 is that of a file without any. */
const EARLIER_LAYOUTS: readonly number[] = [0, 1];
/** What SQLite says of files that it cannot make sense of. */
const DAMAGE: readonly string[] = ["file is not a database", "database disk image is malformed"];

interface Row {
  storage: string;
  key: string;
  revision: number;
  object: string | null;
}

/** Options of {@linkcode SqliteStorage}. */
export interface SqliteStorageOptions {
  /** Told when writes begin to fail (and are refused to whoever made them), and, with `undefined`, when they work again. */
  readonly writing?: (failure: unknown) => void;
}

/** A cluster that is open. One that is made anew under its name is another. */
interface OpenCluster {
  /** It is forgotten: what is still written to it on its way out is kept nowhere. */
  removed: boolean;
}

/** Keeps clusters in one file. */
export class SqliteStorage implements Disposable {
  readonly #database: DatabaseSync;
  readonly #write: StatementSync;
  readonly #putKey: StatementSync;
  readonly #removeKey: StatementSync;
  readonly #writing: (failure: unknown) => void;
  readonly #open = new Map<string, OpenCluster>();
  #failing = false;

  /** Opens or makes the file. Throws when it is none of capim's, damaged, or in use by another process. */
  constructor(path: string, { writing = () => {} }: SqliteStorageOptions = {}) {
    this.#writing = writing;
    this.#database = new DatabaseSync(path);
    try {
      this.#prepareFile(path);
    } catch (error) {
      this.#database.close();
      throw explain(path, error);
    }
    this.#write = this.#database.prepare(
      "INSERT OR REPLACE INTO object (cluster, storage, key, revision, object) VALUES (?, ?, ?, ?, ?)",
    );
    this.#putKey = this.#database.prepare(
      "INSERT OR REPLACE INTO bucket (cluster, bucket, key, value) VALUES (?, ?, ?, ?)",
    );
    this.#removeKey = this.#database.prepare(
      "DELETE FROM bucket WHERE cluster = ? AND bucket = ? AND key = ?",
    );
  }

  #prepareFile(path: string): void {
    // Exclusive: two processes with the same clusters would undo each other's work.
    this.#database.exec(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;",
    );
    const { user_version: layout } = this.#database.prepare("PRAGMA user_version").get() as {
      user_version: number;
    };
    if (layout !== LAYOUT && !EARLIER_LAYOUTS.includes(layout)) {
      throw new Error(`${path} has layout ${layout}, this version of capim reads layout ${LAYOUT}`);
    }
    this.#checkTables(path, layout);
    this.#database.exec(`
      CREATE TABLE IF NOT EXISTS object (
        cluster TEXT NOT NULL,
        storage TEXT NOT NULL,
        key TEXT NOT NULL,
        revision INTEGER NOT NULL,
        object TEXT,
        PRIMARY KEY (cluster, storage, key)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS secret (
        cluster TEXT NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (cluster, name)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS bucket (
        cluster TEXT NOT NULL,
        bucket TEXT NOT NULL,
        key BLOB NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (cluster, bucket, key)
      ) STRICT, WITHOUT ROWID;
      PRAGMA user_version = ${LAYOUT};
    `);
  }

  /** Databases of other programs seldom have a layout either. */
  #checkTables(path: string, layout: number): void {
    const tables = this.#database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all();
    if (layout === 0 && tables.length > 0 && !tables.some(({ name }) => name === "object")) {
      throw new Error(`${path} is a database of another program`);
    }
  }

  /** The names of the clusters that it holds anything of. */
  get clusters(): string[] {
    const rows = this.#database.prepare(
      "SELECT cluster FROM object UNION SELECT cluster FROM secret UNION SELECT cluster FROM bucket ORDER BY cluster",
    ).all();
    return rows.map((row) => String(row["cluster"]));
  }

  /** The journal of a cluster, and what it held before. */
  open(cluster: string): { journal: Journal; restored: Restored | undefined } {
    const rows = this.#database
      .prepare(
        "SELECT storage, key, revision, object FROM object WHERE cluster = ? ORDER BY revision",
      )
      .all(cluster) as unknown as Row[];
    const last = rows[rows.length - 1];
    const open = this.#openCluster(cluster);
    return {
      journal: {
        append: (event) => {
          if (!open.removed) this.#append(cluster, event);
        },
      },
      restored: last === undefined ? undefined : {
        revision: last.revision,
        objects: rows.map((row) => ({
          storage: row.storage,
          key: row.key,
          revision: row.revision,
          object: row.object === null
            ? undefined
            : parseJson(row.object, { strict: false }).value as unknown as KubeObject,
        })),
      },
    };
  }

  #openCluster(cluster: string): OpenCluster {
    let open = this.#open.get(cluster);
    if (open === undefined) this.#open.set(cluster, open = { removed: false });
    return open;
  }

  /** Forgets a cluster, all of it or, when it throws, nothing. What is still written to it comes to nothing. */
  remove(cluster: string): void {
    this.#observe(() =>
      this.#transact(() => {
        for (const table of ["object", "secret", "bucket"]) {
          this.#database.prepare(`DELETE FROM ${table} WHERE cluster = ?`).run(cluster);
        }
      })
    );
    const open = this.#open.get(cluster);
    if (open !== undefined) open.removed = true;
    this.#open.delete(cluster);
  }

  /** Bytes that are kept beside a cluster's objects, such as its etcd's data. */
  buckets(cluster: string): Buckets {
    const open = this.#openCluster(cluster);
    return {
      read: (bucket) =>
        this.#database
          .prepare("SELECT key, value FROM bucket WHERE cluster = ? AND bucket = ? ORDER BY key")
          .all(cluster, bucket) as unknown as { key: Uint8Array; value: Uint8Array }[],
      write: (changes) => {
        if (!open.removed) this.#observe(() => this.#change(cluster, changes));
      },
      clear: () => {
        if (!open.removed) this.#observe(() => this.#clear(cluster));
      },
    };
  }

  #change(cluster: string, changes: readonly BucketChange[]): void {
    this.#transact(() => {
      for (const { bucket, key, value } of changes) {
        if (value === undefined) this.#removeKey.run(cluster, bucket, key);
        else this.#putKey.run(cluster, bucket, key, value);
      }
    });
  }

  /** Everything that `work` changes, or nothing when it throws. */
  #transact(work: () => void): void {
    this.#database.exec("BEGIN");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      // SQLite has ended the transaction by itself when the disk is full.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #clear(cluster: string): void {
    this.#database.prepare("DELETE FROM bucket WHERE cluster = ?").run(cluster);
  }

  /** What is kept beside a cluster's objects under that name: keys and certificates. Made by `make` the first time. */
  secret(cluster: string, name: string, make: () => string): string {
    const row = this.#database.prepare("SELECT value FROM secret WHERE cluster = ? AND name = ?")
      .get(cluster, name);
    if (row !== undefined) return String(row["value"]);
    const value = make();
    const insert = this.#database.prepare(
      "INSERT INTO secret (cluster, name, value) VALUES (?, ?, ?)",
    );
    this.#observe(() => insert.run(cluster, name, value));
    return value;
  }

  /** Closes the file. */
  close(): void {
    this.#database.close();
  }

  /** As {@linkcode SqliteStorage.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #append(cluster: string, { type, revision, entry }: StoreEvent): void {
    const object = type === "DELETED" ? null : stringifyJson(entry.object);
    this.#observe(() => this.#write.run(cluster, entry.storage, entry.key, revision, object));
  }

  #observe(write: () => unknown): void {
    try {
      write();
    } catch (error) {
      if (!this.#failing) this.#writing(error);
      this.#failing = true;
      throw error;
    }
    if (this.#failing) this.#writing(undefined);
    this.#failing = false;
  }
}

/** What the operator is to know of a file that cannot be opened. The platform tells no codes, only SQLite's texts. */
function explain(path: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { message } = error;
  if (message === "database is locked") return new Error(`${path} is in use by another process`);
  if (!DAMAGE.includes(message)) return error;
  const advice = "put a copy in its place, or move it away to begin without its clusters";
  return new Error(`${path} is damaged or no database (${message}): ${advice}`);
}
