// etcd's transactions: conditions, then one of two lists of operations, all
// in one revision. What is wrong is found before anything is written.
// Source: etcd v3rpc and txn.

import { compareBytes, rangeOf, toText } from "./bytes.ts";
import {
  duplicateKey,
  emptyKey,
  keyNotFound,
  leaseProvided,
  tooManyOps,
  valueProvided,
} from "./errors.ts";
import { KeyRanges } from "./key_ranges.ts";
import { checkRange, type KeyValueStore } from "./key_value_store.ts";
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

/** Throws when a put is malformed. */
export function checkPut(put: PutRequest): void {
  if (put.key.length === 0) throw emptyKey();
  if (put.ignoreValue && put.value.length > 0) throw valueProvided();
  if (put.ignoreLease && put.lease !== 0n) throw leaseProvided();
}

/** Throws when a transaction is malformed. Those within it have what it leaves of the operations. */
export function checkTransaction(request: TxnRequest, ops_max: number = OPS_MAX): void {
  checkOps(request, ops_max);
  for (const list of [request.success, request.failure]) checkOverlaps(list);
}

function checkOps({ compare, success, failure }: TxnRequest, ops_max: number): void {
  const ops = Math.max(compare.length, success.length, failure.length);
  if (ops > ops_max) throw tooManyOps();
  for (const { key } of compare) if (key.length === 0) throw emptyKey();
  for (const op of [...success, ...failure]) checkOp(op, ops_max - ops);
}

function checkOp({ range, put, deleteRange, txn }: RequestOp, ops_max: number): void {
  if (range !== undefined) checkRange(range);
  else if (put !== undefined) checkPut(put);
  else if (deleteRange?.key.length === 0) throw emptyKey();
  else if (txn !== undefined) checkOps(txn, ops_max);
  else if (deleteRange === undefined) throw keyNotFound();
}

/** What a list of operations writes. */
interface Written {
  readonly puts: Set<string>;
  readonly deletes: KeyRanges;
}

/**
 * A key may be written once in a list: put once, and not in a range that the list deletes. Of the branches of an inner
 * transaction only one runs, so that both may put the same; what they delete counts for what comes after them.
 */
function checkOverlaps(list: readonly RequestOp[]): Written {
  const puts = new Set<string>();
  const deletes = new KeyRanges();
  deletes.add(
    list.flatMap(({ deleteRange }) =>
      deleteRange === undefined ? [] : [rangeOf(deleteRange.key, deleteRange.rangeEnd)]
    ),
  );
  const add = (keys: Iterable<string>) => {
    for (const key of keys) {
      if (puts.has(key) || deletes.has(key)) throw duplicateKey();
      puts.add(key);
    }
  };
  for (const { txn } of list) {
    if (txn === undefined) continue;
    const [first, second] = [checkOverlaps(txn.success), checkOverlaps(txn.failure)];
    add(new Set([...first.puts, ...second.puts]));
    for (const inner of [first, second]) deletes.add(inner.deletes.ranges);
  }
  add(list.flatMap(({ put }) => put === undefined ? [] : [toText(put.key)]));
  return { puts, deletes };
}

/** Runs a transaction that has been checked. */
export function runTransaction(
  store: KeyValueStore,
  request: TxnRequest,
  hooks: PutHooks,
): TxnResponse {
  const path = chosen(store, request);
  checkPath(store, path, hooks);
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

/** Finds what would fail on the way, as nothing of a transaction that fails is done. */
function checkPath(store: KeyValueStore, path: Path, hooks: PutHooks): void {
  for (const { op, inner } of path.ops) {
    if (op.range !== undefined) store.checkRevision(op.range.revision);
    if (op.put !== undefined) {
      store.checkPresent(op.put);
      hooks.check(op.put);
    }
    if (inner !== undefined) checkPath(store, inner, hooks);
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
      return true;
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
    case 4:
      return Number((kv?.lease ?? 0n) - compare.lease);
    default:
      return 0;
  }
}
