// etcd's transactions: conditions, then one of two lists of operations, all
// in one revision. What is wrong is found before anything is written.
// Source: etcd v3rpc and txn.

import { compareBytes, inRange, rangeOf, toText } from "./bytes.ts";
import { duplicateKey, emptyKey, leaseProvided, tooManyOps, valueProvided } from "./errors.ts";
import type { KeyValueStore } from "./key_value_store.ts";
import type {
  Compare,
  KeyValue,
  PutRequest,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from "./proto/kv_messages.ts";

const OPS_MAX = 128;

/** What puts in a transaction have to pass through. */
export interface PutHooks {
  /** Throws when the put cannot be made, such as for an unknown lease. */
  check(request: PutRequest): void;
  /** Told of what was put. */
  done(request: PutRequest): void;
  /** Told of the keys that went. */
  deleted(keys: readonly Uint8Array[]): void;
}

/** Throws when a transaction is malformed. */
export function checkTransaction(request: TxnRequest): void {
  const { compare, success, failure } = request;
  if ([compare, success, failure].some(({ length }) => length > OPS_MAX)) throw tooManyOps();
  for (const { key } of compare) if (key.length === 0) throw emptyKey();
  for (const list of [success, failure]) {
    for (const op of list) checkOp(op);
    checkDuplicates(list);
  }
}

function checkOp(op: RequestOp): void {
  if (op.range?.key.length === 0 || op.deleteRange?.key.length === 0) throw emptyKey();
  if (op.put !== undefined) {
    if (op.put.key.length === 0) throw emptyKey();
    if (op.put.ignoreValue && op.put.value.length > 0) throw valueProvided();
    if (op.put.ignoreLease && op.put.lease !== 0n) throw leaseProvided();
  }
  if (op.txn !== undefined) checkTransaction(op.txn);
}

/** A key may be written once in a list: put once, and not in a range that the list deletes. */
function checkDuplicates(list: readonly RequestOp[]): void {
  const puts = new Set<string>();
  for (const key of putsOf(list)) {
    if (puts.has(key)) throw duplicateKey();
    puts.add(key);
  }
  for (const { deleteRange } of list) {
    if (deleteRange === undefined) continue;
    const range = rangeOf(deleteRange.key, deleteRange.rangeEnd);
    for (const key of puts) if (inRange(key, range)) throw duplicateKey();
  }
}

function putsOf(list: readonly RequestOp[]): string[] {
  return list.flatMap(({ put, txn }) => {
    if (put !== undefined) return [toText(put.key)];
    if (txn === undefined) return [];
    // Only one of the branches runs: what both write is written once.
    return [...new Set([...putsOf(txn.success), ...putsOf(txn.failure)])];
  });
}

/** Runs a transaction that has been checked. */
export function runTransaction(
  store: KeyValueStore,
  request: TxnRequest,
  hooks: PutHooks,
): TxnResponse {
  const path = chosen(store, request);
  checkPuts(path, hooks);
  // Told once it has happened: what cannot be kept has not.
  const told: (() => void)[] = [];
  const response = store.transact(() => execute(store, path, hooks, told));
  for (const tell of told) tell();
  return response;
}

/** A transaction with its branch chosen, at every depth. */
interface Path {
  readonly succeeded: boolean;
  readonly ops: readonly { readonly op: RequestOp; readonly inner?: Path }[];
}

function chosen(store: KeyValueStore, request: TxnRequest): Path {
  const succeeded = request.compare.every((compare) => holds(store, compare));
  const list = succeeded ? request.success : request.failure;
  const ops = list.map((op) =>
    op.txn === undefined ? { op } : { op, inner: chosen(store, op.txn) }
  );
  return { succeeded, ops };
}

function checkPuts(path: Path, hooks: PutHooks): void {
  for (const { op, inner } of path.ops) {
    if (op.put !== undefined) hooks.check(op.put);
    if (inner !== undefined) checkPuts(inner, hooks);
  }
}

function execute(
  store: KeyValueStore,
  path: Path,
  hooks: PutHooks,
  told: (() => void)[],
): TxnResponse {
  const responses = path.ops.map(({ op, inner }): ResponseOp => {
    if (op.range !== undefined) return { range: store.range(op.range) };
    const { put: request } = op;
    if (request !== undefined) {
      const put = store.put(request);
      told.push(() => hooks.done(request));
      return { put };
    }
    if (op.deleteRange !== undefined) {
      const answer = store.deleteRange({ ...op.deleteRange, prevKv: true });
      told.push(() => hooks.deleted(answer.prevKvs.map(({ key }) => key)));
      const { prevKv } = op.deleteRange;
      return { deleteRange: prevKv ? answer : { ...answer, prevKvs: [] } };
    }
    return inner === undefined ? {} : { txn: execute(store, inner, hooks, told) };
  });
  return { succeeded: path.succeeded, responses };
}

function holds(store: KeyValueStore, compare: Compare): boolean {
  if (compare.rangeEnd.length === 0) {
    return compareOne(store.get(toText(compare.key)), compare);
  }
  const { kvs } = store.range({ ...EVERYTHING, key: compare.key, rangeEnd: compare.rangeEnd });
  // A range without keys is judged as one key that is not there, except by its value.
  if (kvs.length === 0) return compare.target !== 3 && compareOne(undefined, compare);
  return kvs.every((kv) => compareOne(kv, compare));
}

const EVERYTHING = {
  limit: 0,
  revision: 0,
  sortOrder: 0,
  sortTarget: 0,
  serializable: false,
  keysOnly: false,
  countOnly: false,
  minModRevision: 0,
  maxModRevision: 0,
  minCreateRevision: 0,
  maxCreateRevision: 0,
};

function compareOne(kv: KeyValue | undefined, compare: Compare): boolean {
  // Nothing has no value: no comparison of values holds, not even "not equal".
  if (compare.target === 3 && kv === undefined) return false;
  const difference = differenceOf(kv, compare);
  switch (compare.result) {
    case 0:
      return difference === 0;
    case 1:
      return difference > 0;
    case 2:
      return difference < 0;
    case 3:
      return difference !== 0;
    default:
      return false;
  }
}

function differenceOf(kv: KeyValue | undefined, compare: Compare): number {
  switch (compare.target) {
    case 0:
      return (kv?.version ?? 0) - compare.version;
    case 1:
      return (kv?.createRevision ?? 0) - compare.createRevision;
    case 2:
      return (kv?.modRevision ?? 0) - compare.modRevision;
    case 3:
      return compareBytes(kv?.value ?? new Uint8Array(0), compare.value);
    default:
      return Number((kv?.lease ?? 0n) - compare.lease);
  }
}
