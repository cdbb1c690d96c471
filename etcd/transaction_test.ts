// Transactions, ranges and history of the key-value store.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { KeyValueStore } from "./key_value_store.ts";
import type {
  Compare,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from "./proto/kv_messages.ts";
import { checkTransaction, runTransaction } from "./transaction.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array) => new TextDecoder().decode(value);

function put(key: string, value: string, more: Partial<PutRequest> = {}): PutRequest {
  return {
    key: bytes(key),
    value: bytes(value),
    lease: 0n,
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
    ...more,
  };
}

function range(key: string, rangeEnd = "", more: Partial<RangeRequest> = {}): RangeRequest {
  return {
    key: bytes(key),
    rangeEnd: bytes(rangeEnd),
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
    ...more,
  };
}

function compare(more: Partial<Compare>): Compare {
  return {
    result: 0,
    target: 0,
    key: bytes("a"),
    version: 0,
    createRevision: 0,
    modRevision: 0,
    value: bytes(""),
    lease: 0n,
    rangeEnd: bytes(""),
    ...more,
  };
}

const hooks = { check: () => {}, done: () => {}, deleted: () => {} };

Deno.test("KeyValueStore keeps one revision for all and a version for each key", () => {
  const store = new KeyValueStore();
  for (const value of ["1", "2"]) store.put(put("a", value));
  store.put(put("b", "3"));
  const [a] = store.range(range("a")).kvs;
  assertEquals([a?.createRevision, a?.modRevision, a?.version], [2, 3, 2]);
  assertEquals(store.revision, 4);
  assertEquals(
    store.deleteRange({ key: bytes("x"), rangeEnd: bytes(""), prevKv: false }).deleted,
    0,
  );
  assertEquals(store.revision, 4);
});

Deno.test("KeyValueStore.range() selects, sorts and limits", () => {
  const store = new KeyValueStore();
  for (const key of ["b", "a", "c", "d"]) store.put(put(key, key === "b" ? "z" : key));
  const keys = (request: RangeRequest) => store.range(request).kvs.map(({ key }) => text(key));
  assertEquals(keys(range("a", "c")), ["a", "b"]);
  assertEquals(keys(range("b", "\0")), ["b", "c", "d"]);
  assertEquals(keys(range("\0", "\0")), ["a", "b", "c", "d"]);
  assertEquals(keys(range("a", "\0", { sortOrder: 2 })), ["d", "c", "b", "a"]);
  assertEquals(keys(range("a", "\0", { sortTarget: 3 })), ["b", "a", "c", "d"]);
  assertEquals(keys(range("a", "\0", { minModRevision: 4 })), ["c", "d"]);
  const limited = store.range(range("a", "\0", { limit: 3 }));
  assertEquals([limited.kvs.length, limited.more, limited.count], [3, true, 4]);
  assertThrows(
    () => store.range(range("a", "", { revision: 99 })),
    Error,
    "etcdserver: mvcc: required revision is a future revision",
  );
});

Deno.test("KeyValueStore.compact() forgets what nobody can ask for any more", () => {
  const store = new KeyValueStore();
  for (const value of ["1", "2", "3"]) store.put(put("a", value));
  store.deleteRange({ key: bytes("a"), rangeEnd: bytes(""), prevKv: false });
  store.compact(3);
  assertEquals(text(store.range(range("a", "", { revision: 3 })).kvs[0]?.value ?? bytes("")), "2");
  store.compact(5);
  // The deletion is still to be told of to who watches from there.
  assertEquals(store.records(0).map(({ revision, kv }) => [revision, kv]), [[5, undefined]]);
  const { size_bytes } = store;
  store.put(put("b", "1"));
  store.compact(6);
  assertEquals(store.records(0).map(({ key }) => key), ["b"]);
  assert(store.size_bytes < size_bytes + 60);
  assertThrows(() => store.compact(6), Error, "required revision has been compacted");
});

Deno.test("runTransaction() takes the branch that its conditions choose, in one revision", () => {
  const store = new KeyValueStore();
  store.put(put("a", "1"));
  const cases: [Partial<Compare>, boolean][] = [
    [{ target: 0, version: 1 }, true],
    [{ target: 1, createRevision: 2 }, true],
    [{ target: 2, result: 1, modRevision: 2 }, false],
    [{ target: 3, value: bytes("1") }, true],
    [{ target: 3, result: 3, value: bytes("1") }, false],
    [{ key: bytes("none"), target: 3, result: 3, value: bytes("1") }, false],
    [{ key: bytes("none"), target: 1, createRevision: 0 }, true],
    [{ key: bytes("a"), rangeEnd: bytes("\0"), target: 0, result: 1, version: 0 }, true],
  ];
  for (const [condition, expected] of cases) {
    const request = { compare: [compare(condition)], success: [], failure: [] };
    assertEquals(runTransaction(store, request, hooks).succeeded, expected);
  }
  const answer = runTransaction(store, {
    compare: [],
    success: [
      { put: put("b", "2") },
      { put: put("c", "3") },
      { range: range("b", "d") },
      { txn: { compare: [compare({})], success: [], failure: [{ put: put("d", "4") }] } },
    ],
    failure: [],
  }, hooks);
  assertEquals(answer.responses[2]?.range?.count, 2);
  assertEquals(answer.responses[3]?.txn?.succeeded, false);
  assertEquals(store.revision, 3);
  assertEquals(store.range(range("a", "\0")).kvs.map(({ modRevision }) => modRevision), [
    2,
    3,
    3,
    3,
  ]);
});

Deno.test("checkTransaction() refuses keys that are written twice", () => {
  const ops = [{ put: put("a", "1") }, { put: put("a", "2") }];
  assertThrows(
    () => checkTransaction({ compare: [], success: ops, failure: [] }),
    Error,
    "etcdserver: duplicate key given in txn request",
  );
  assertThrows(
    () =>
      checkTransaction({
        compare: [],
        success: [
          { put: put("b", "1") },
          { deleteRange: { key: bytes("a"), rangeEnd: bytes("c"), prevKv: false } },
        ],
        failure: [],
      }),
    Error,
    "duplicate key",
  );
  const many = Array.from({ length: 129 }, (_, i) => ({ put: put(`${i}`, "") }));
  assertThrows(
    () => checkTransaction({ compare: [], success: many, failure: [] }),
    Error,
    "etcdserver: too many operations in txn request",
  );
});

function transaction(success: RequestOp[], failure: RequestOp[] = []): TxnRequest {
  return { compare: [], success, failure };
}

const remove = (key: string, rangeEnd = ""): RequestOp => ({
  deleteRange: { key: bytes(key), rangeEnd: bytes(rangeEnd), prevKv: false },
});
const DUPLICATE = "etcdserver: duplicate key given in txn request";

// As a real etcd 3.6.14 answers them.
const MALFORMED: [name: string, request: TxnRequest, fault: string | undefined][] = [
  [
    "puts what an inner transaction puts",
    transaction([{ put: put("n", "") }, { txn: transaction([{ put: put("n", "") }]) }]),
    DUPLICATE,
  ],
  [
    "puts the same in both branches of an inner transaction",
    transaction([{ txn: transaction([{ put: put("n", "") }], [{ put: put("n", "") }]) }]),
    undefined,
  ],
  [
    "puts the same in two inner transactions",
    transaction([
      { txn: transaction([{ put: put("n", "") }]) },
      { txn: transaction([], [{ put: put("n", "") }]) },
    ]),
    DUPLICATE,
  ],
  [
    "deletes what an inner transaction puts",
    transaction([remove("n", "o"), { txn: transaction([{ put: put("n1", "") }]) }]),
    DUPLICATE,
  ],
  [
    "puts what an inner transaction deletes",
    transaction([{ put: put("n1", "") }, { txn: transaction([], [remove("n", "o")]) }]),
    DUPLICATE,
  ],
  [
    "puts in one inner transaction what one before it deletes",
    transaction([
      { txn: transaction([remove("n")]) },
      { txn: transaction([{ put: put("n", "") }]) },
    ]),
    DUPLICATE,
  ],
  ["deletes a key twice", transaction([remove("n"), remove("n", "o")]), undefined],
  ["has an operation that is none", transaction([{}]), "etcdserver: key not found"],
  [
    "sorts by something unknown",
    transaction([{ range: range("a", "", { sortOrder: 9 }) }]),
    "etcdserver: invalid sort option",
  ],
  [
    "leaves no operations for an inner transaction",
    transaction([
      ...Array.from({ length: 127 }, () => ({ range: range("a") })),
      { txn: transaction([{ range: range("a") }]) },
    ]),
    "etcdserver: too many operations in txn request",
  ],
];
for (const [name, request, fault] of MALFORMED) {
  Deno.test(`checkTransaction() ${fault === undefined ? "takes" : "refuses"} what ${name}`, () => {
    if (fault === undefined) checkTransaction(request);
    else assertThrows(() => checkTransaction(request), Error, fault);
  });
}

Deno.test("checkTransaction() is quick with inner transactions that delete much", () => {
  const inner = (name: string) =>
    transaction(
      Array.from({ length: 60 }, (_, i) => ({ put: put(`${name}-${i}`, "") })),
      Array.from({ length: 60 }, (_, i) => remove(`${name}-other-${i}`)),
    );
  const middle = (name: string) =>
    transaction(Array.from({ length: 30 }, (_, i) => ({ txn: inner(`${name}-${i}`) })));
  const request = transaction(Array.from({ length: 30 }, (_, i) => ({ txn: middle(`${i}`) })));
  // 54,000 puts and as many ranges: looking at all pairs would take minutes.
  checkTransaction(request);
});

Deno.test("runTransaction() does nothing of what fails on the way", () => {
  const store = new KeyValueStore();
  store.put(put("a", "1"));
  const failing: [RequestOp, string][] = [
    [{ range: range("a", "", { revision: 99 }) }, "future revision"],
    [{ put: put("gone", "", { ignoreValue: true }) }, "etcdserver: key not found"],
    [{ txn: transaction([{ range: range("a", "", { revision: 99 }) }]) }, "future revision"],
  ];
  for (const [op, fault] of failing) {
    const request = transaction([{ put: put("b", "2") }, op]);
    assertThrows(() => runTransaction(store, request, hooks), Error, fault);
    assertEquals([store.revision, store.get("b")], [2, undefined]);
  }
});

Deno.test("runTransaction() holds comparisons that it does not know to be true", () => {
  const store = new KeyValueStore();
  for (const more of [{ result: 8 }, { target: 8, lease: 5n }]) {
    const request = { compare: [compare(more)], success: [], failure: [] };
    assertEquals(runTransaction(store, request, hooks).succeeded, true);
  }
});
