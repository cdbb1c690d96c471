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
/** Layouts that lack nothing but tables. */
const EARLIER_LAYOUTS: readonly number[] = [0, 1];

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

/** Keeps clusters in one file. */
export class SqliteStorage implements Disposable {
  readonly #database: DatabaseSync;
  readonly #write: StatementSync;
  readonly #putKey: StatementSync;
  readonly #removeKey: StatementSync;
  readonly #writing: (failure: unknown) => void;
  #failing = false;

  /** Opens or makes the file. Throws when it is none of capim's, or in use by another process. */
  constructor(path: string, { writing = () => {} }: SqliteStorageOptions = {}) {
    this.#writing = writing;
    this.#database = new DatabaseSync(path);
    try {
      this.#prepareFile(path);
    } catch (error) {
      this.#database.close();
      throw isLocked(error) ? new Error(`${path} is in use by another process`) : error;
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

  /** The names of the clusters it holds. */
  get clusters(): string[] {
    const rows = this.#database.prepare("SELECT DISTINCT cluster FROM object ORDER BY cluster")
      .all();
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
    return {
      journal: { append: (event) => this.#append(cluster, event) },
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

  /** Forgets a cluster. */
  remove(cluster: string): void {
    this.#database.prepare("DELETE FROM object WHERE cluster = ?").run(cluster);
    this.#database.prepare("DELETE FROM secret WHERE cluster = ?").run(cluster);
    this.#clear(cluster);
  }

  /** Bytes that are kept beside a cluster's objects, such as its etcd's data. */
  buckets(cluster: string): Buckets {
    return {
      read: (bucket) =>
        this.#database
          .prepare("SELECT key, value FROM bucket WHERE cluster = ? AND bucket = ? ORDER BY key")
          .all(cluster, bucket) as unknown as { key: Uint8Array; value: Uint8Array }[],
      write: (changes) => this.#observe(() => this.#change(cluster, changes)),
      clear: () => this.#clear(cluster),
    };
  }

  #change(cluster: string, changes: readonly BucketChange[]): void {
    this.#database.exec("BEGIN");
    try {
      for (const { bucket, key, value } of changes) {
        if (value === undefined) this.#removeKey.run(cluster, bucket, key);
        else this.#putKey.run(cluster, bucket, key, value);
      }
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
    this.#database.prepare("INSERT INTO secret (cluster, name, value) VALUES (?, ?, ?)").run(
      cluster,
      name,
      value,
    );
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

  #observe(write: () => void): void {
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

/** SQLITE_BUSY; the platform tells no codes. */
function isLocked(error: unknown): boolean {
  return error instanceof Error && error.message === "database is locked";
}
