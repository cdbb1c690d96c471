import { assertEquals } from "@std/assert";
import { planPool, type PoolMember } from "./machine_pool_plan.ts";

interface Traits {
  readonly up?: boolean;
  readonly current?: boolean;
  readonly asked?: boolean;
  readonly born?: string;
}

function member(name: string, { up = true, current = true, asked, born = "1" }: Traits = {}) {
  const annotations = asked ? { "cluster.x-k8s.io/delete-machine": "" } : {};
  return {
    object: {
      apiVersion: "v1",
      kind: "M",
      metadata: { name, creationTimestamp: born },
      spec: up ? { providerID: `p://${name}` } : {},
    },
    machine: { apiVersion: "v1", kind: "Machine", metadata: { name, annotations } },
    current,
  } satisfies PoolMember;
}

const outdated = { current: false };
const CASES: readonly [
  what: string,
  PoolMember[],
  wanted: number,
  create: number,
  remove: string,
][] = [
  ["an empty pool is filled", [], 3, 3, ""],
  ["a full pool is left alone", [member("a"), member("b")], 2, 0, ""],
  ["a lost machine is made again", [member("a")], 2, 1, ""],
  ["nothing is wanted", [member("a"), member("b")], 0, 0, "a,b"],
  [
    "the oldest goes first",
    [member("a", { born: "2" }), member("b", { born: "1" }), member("c", { born: "3" })],
    2,
    0,
    "b",
  ],
  ["what does not run goes first", [member("a"), member("b", { up: false })], 1, 0, "b"],
  [
    "whom somebody asked to go goes first",
    [member("a", { up: false }), member("b", { asked: true })],
    1,
    0,
    "b",
  ],
  ["one more is made to replace", [member("a", outdated), member("b", outdated)], 2, 1, ""],
  [
    "what runs is not given up for what does not",
    [member("a", outdated), member("b", outdated), member("c", { up: false })],
    2,
    0,
    "",
  ],
  [
    "what runs is given up for what runs",
    [member("a", outdated), member("b", outdated), member("c")],
    2,
    0,
    "a",
  ],
  [
    "what is outdated and does not run is of no use",
    [member("a", { ...outdated, up: false }), member("b", outdated), member("c", { up: false })],
    2,
    0,
    "a",
  ],
  ["the last outdated one goes", [member("a", outdated), member("b"), member("c")], 2, 0, "a"],
  ["a pool that shrinks keeps what is current", [member("a"), member("b", outdated)], 1, 0, "b"],
];

Deno.test("planPool() keeps as many machines as are wanted, and replaces them one by one", () => {
  for (const [what, members, wanted, create, remove] of CASES) {
    const plan = planPool(members, wanted);
    const names = plan.remove.map(({ object }) => object.metadata.name).join();
    assertEquals([what, plan.create, names], [what, create, remove]);
  }
});
