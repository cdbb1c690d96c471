import { assert, assertEquals } from "@std/assert";
import { SeededRandom } from "../../../runtime/random.ts";
import {
  type PlannedSet,
  planOnDelete,
  planPaused,
  planRollingUpdate,
  type RolloutFacts,
  type RolloutPlan,
} from "./rollout_plan.ts";

function set(name: string, spec: number, available = spec, actual = spec): PlannedSet {
  return { name, spec, actual, alive: actual, available };
}

function facts(
  desired: number,
  surge: number,
  unavailable: number,
  newSet: PlannedSet | undefined,
  ...oldSets: PlannedSet[]
): RolloutFacts {
  return { desired, surge, unavailable, newSet, oldSets };
}

const asObject = (plan: RolloutPlan) => Object.fromEntries(plan);

Deno.test("planRollingUpdate() takes one step within the limits", () => {
  const cases: [string, RolloutFacts, Record<string, number>][] = [
    ["first machines", facts(3, 1, 0, set("n", 0)), { n: 3 }],
    ["surge first", facts(3, 1, 0, set("n", 0), set("o", 3)), { n: 1, o: 3 }],
    ["new not available yet", facts(3, 1, 0, set("n", 1, 0), set("o", 3)), { n: 1, o: 3 }],
    ["old makes room", facts(3, 1, 0, set("n", 1), set("o", 3)), { n: 1, o: 2 }],
    ["room only once it is gone", facts(3, 1, 0, set("n", 1), set("o", 2, 2, 3)), { n: 1, o: 2 }],
    ["unavailable first", facts(3, 0, 1, set("n", 0), set("o", 3)), { n: 0, o: 2 }],
    ["then new", facts(3, 0, 1, set("n", 0), set("o", 2)), { n: 1, o: 2 }],
    ["scale up", facts(5, 1, 0, set("n", 3)), { n: 5 }],
    ["scale down", facts(2, 1, 0, set("n", 5)), { n: 2 }],
    ["scale to nothing", facts(0, 1, 0, set("n", 0), set("o", 3)), { n: 0, o: 0 }],
    ["broken old ones go first", facts(3, 1, 0, set("n", 1), set("a", 2, 2), set("b", 1, 0)), {
      n: 1,
      a: 2,
      b: 0,
    }],
    ["deadlock", facts(3, 1, 0, set("n", 1), set("o", 3, 0)), { n: 1, o: 2 }],
  ];
  for (const [name, given, wanted] of cases) {
    assertEquals(asObject(planRollingUpdate(given)), wanted, name);
  }
});

interface World {
  sets: Map<string, { spec: number; ready: number; starting: number; ending: number }>;
}

/** Lets machines appear, become available and go, a few at random. */
function turn(world: World, random: SeededRandom): void {
  for (const one of world.sets.values()) {
    const alive = one.ready + one.starting;
    if (alive < one.spec && random.next() < 0.8) one.starting += one.spec - alive;
    while (one.ready + one.starting > one.spec) {
      if (one.starting > 0) one.starting--;
      else one.ready--;
      one.ending++;
    }
    if (one.starting > 0 && random.next() < 0.6) {
      one.starting--;
      one.ready++;
    }
    if (one.ending > 0 && random.next() < 0.6) one.ending--;
  }
}

function observe(world: World, name: string): PlannedSet {
  const one = world.sets.get(name) ?? { spec: 0, ready: 0, starting: 0, ending: 0 };
  const alive = one.ready + one.starting;
  return { name, spec: one.spec, actual: alive + one.ending, alive, available: one.ready };
}

Deno.test("planRollingUpdate() ends with new machines only, never below or above the limits", () => {
  for (const desired of [1, 3, 6, 12]) {
    for (const [surge, unavailable] of [[1, 0], [0, 1], [3, 1], [10, 0], [0, 3]] as const) {
      for (let seed = 1; seed <= 5; seed++) {
        const allowed = Math.min(unavailable, desired);
        rollOut(desired, surge, allowed, seed);
      }
    }
  }
});

function rollOut(desired: number, surge: number, unavailable: number, seed: number): void {
  const random = new SeededRandom(seed * 1000 + desired);
  const world: World = {
    sets: new Map([
      ["o", { spec: desired, ready: desired, starting: 0, ending: 0 }],
      ["n", { spec: 0, ready: 0, starting: 0, ending: 0 }],
    ]),
  };
  const what = `desired ${desired}, surge ${surge}, unavailable ${unavailable}, seed ${seed}`;
  for (let step = 0; step < 1000; step++) {
    const plan = planRollingUpdate(
      facts(desired, surge, unavailable, observe(world, "n"), observe(world, "o")),
    );
    for (const [name, spec] of plan) (world.sets.get(name) as { spec: number }).spec = spec;
    turn(world, random);
    const [o, n] = [observe(world, "o"), observe(world, "n")];
    assert(o.available + n.available >= desired - unavailable, `too few: ${what}`);
    assert(o.alive + n.alive <= desired + surge, `too many: ${what}`);
    if (o.actual === 0 && n.available === desired && n.actual === desired) return;
  }
  throw new Error(`did not end: ${what}`);
}

Deno.test("planOnDelete() replaces only what people delete", () => {
  const cases: [string, RolloutFacts, Record<string, number>][] = [
    ["nothing deleted", facts(3, 0, 0, set("n", 0), set("o", 3)), { n: 0, o: 3 }],
    [
      "one going",
      facts(3, 0, 0, set("n", 0), { ...set("o", 3), alive: 2, actual: 3 }),
      { n: 0, o: 2 },
    ],
    ["one gone", facts(3, 0, 0, set("n", 0), set("o", 3, 2, 2)), { n: 1, o: 2 }],
    ["shrink takes old ones", facts(2, 0, 0, set("n", 1), set("o", 2)), { n: 1, o: 1 }],
    ["grow adds new ones", facts(5, 0, 0, set("n", 0), set("o", 3)), { n: 2, o: 3 }],
  ];
  for (const [name, given, wanted] of cases) {
    assertEquals(asObject(planOnDelete(given)), wanted, name);
  }
});

Deno.test("planPaused() keeps the mix", () => {
  const cases: [string, RolloutFacts, Record<string, number>][] = [
    ["one set", facts(5, 1, 0, set("n", 3)), { n: 5 }],
    ["none active", facts(5, 1, 0, set("n", 0), set("o", 0)), { n: 5, o: 0 }],
    ["in proportion", facts(20, 0, 0, set("n", 5), set("o", 5)), { n: 10, o: 10 }],
    ["to nothing", facts(0, 0, 0, set("n", 2), set("o", 3)), { n: 0, o: 0 }],
    ["no new set", facts(4, 0, 0, undefined, set("o", 3)), { o: 4 }],
  ];
  for (const [name, given, wanted] of cases) {
    assertEquals(asObject(planPaused(given)), wanted, name);
  }
});
