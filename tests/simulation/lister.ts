// Clients that list: whole or in pages, now or at an older version. Every
// list must be the state at exactly the revision that it names.

import { equal, type KubeObject } from "../../runtime/object.ts";
import { Violation } from "./history.ts";
import { collectionPath, type SimulatedKind } from "./kinds.ts";
import { drawSelection, isEverything, type Selection, selectionQuery } from "./selection.ts";
import type { Answer, World } from "./world.ts";

/** A list as a client has put it together. */
export interface Listed {
  readonly revision: number;
  readonly objects: Map<string, KubeObject>;
}

interface Asked {
  readonly query: Record<string, string>;
  /** The list is of this revision. */
  readonly exact?: number;
  /** The answer comes whole, whatever the limit. */
  readonly whole: boolean;
}

/** Lists somehow and judges what comes back. */
export async function listSomething(world: World, kind: SimulatedKind): Promise<void> {
  await listAll(world, kind, drawSelection(world.dice, kind), true);
}

/** Lists a selection, in pages or not. `undefined`: it could not be finished. `older`: perhaps at an older version. */
export async function listAll(
  world: World,
  kind: SimulatedKind,
  selection: Selection,
  older = false,
): Promise<Listed | undefined> {
  const { dice } = world;
  const limit = dice.chance(0.6) ? 1 + dice.below(4) : 0;
  const asked = drawVersion(world, older, limit);
  const path = collectionPath(kind, selection.namespace);
  const fixed = {
    ...selectionQuery(selection),
    ...(limit === 0 ? {} : { limit: String(limit) }),
  };
  const objects = new Map<string, KubeObject>();
  let query: Record<string, string> = { ...fixed, ...asked.query };
  let revision: number | undefined;
  for (;;) {
    world.trace(`list ${path} ${JSON.stringify(query)}`);
    const answer = await world.request("GET", path, query);
    if (answer.disturbed) return undefined;
    if (answer.code === 410) return judgeExpiry(world, answer, revision ?? asked.exact, path);
    if (answer.code !== 200) throw new Violation(`list ${path} got ${JSON.stringify(answer)}`);
    revision = judgeRevision(answer, asked, revision, path);
    const more = judgePage(world, kind, selection, answer, revision, limit, objects, asked.whole);
    if (more === undefined) return { revision, objects };
    if (dice.chance(0.7)) await world.pause();
    query = { ...fixed, continue: more };
  }
}

function drawVersion(world: World, older: boolean, limit: number): Asked {
  const { dice } = world;
  const { revision } = world.server.store;
  if (dice.chance(0.2)) return { query: { resourceVersion: "0" }, whole: true };
  if (!older || dice.chance(0.5)) return { query: {}, whole: limit === 0 };
  const version = Math.max(1, revision - dice.below(150));
  const resourceVersion = String(version);
  switch (dice.pick(["Exact", "NotOlderThan", ""])) {
    case "Exact":
      return {
        query: { resourceVersion, resourceVersionMatch: "Exact" },
        exact: version,
        whole: limit === 0,
      };
    case "NotOlderThan":
      return {
        query: { resourceVersion, resourceVersionMatch: "NotOlderThan" },
        whole: limit === 0,
      };
    default:
      return {
        query: { resourceVersion },
        ...(limit === 0 ? {} : { exact: version }),
        whole: limit === 0,
      };
  }
}

/** The place asked for must really be gone. */
function judgeExpiry(
  world: World,
  answer: Answer,
  revision: number | undefined,
  path: string,
): undefined {
  const { compactRevision } = world.server.store;
  if (revision === undefined || revision >= compactRevision) {
    throw new Violation(
      `list ${path} at ${revision} has expired though history goes back to ${compactRevision}: ${
        JSON.stringify(answer.object)
      }`,
    );
  }
}

/** All pages are of one revision, and that is the one asked for or one of the moment. */
function judgeRevision(
  { object, window: [first, last] }: Answer,
  { exact }: Asked,
  earlier: number | undefined,
  path: string,
): number {
  const revision = Number(object.metadata.resourceVersion);
  const expected = earlier ?? exact;
  const good = expected === undefined
    ? revision >= first && revision <= last
    : revision === expected;
  if (!good) {
    throw new Violation(
      `list ${path} is of revision ${revision}, not ${expected ?? `${first} to ${last}`}`,
    );
  }
  return revision;
}

/** Adds a page's objects to those before; answers the token of the next page. */
function judgePage(
  world: World,
  kind: SimulatedKind,
  selection: Selection,
  { object }: Answer,
  revision: number,
  limit: number,
  objects: Map<string, KubeObject>,
  whole: boolean,
): string | undefined {
  const expected = world.history.list(kind, selection, revision);
  const items = object["items"] as Partial<KubeObject>[];
  const rest = expected.slice(objects.size);
  const size = whole || limit === 0 ? rest.length : Math.min(limit, rest.length);
  const page = items.map((item) =>
    ({ apiVersion: kind.apiVersion, kind: kind.kind, ...item }) as KubeObject
  );
  const wanted = rest.slice(0, size).map(([, object]) => object);
  const next = object.metadata as { continue?: string; remainingItemCount?: number };
  const remaining = rest.length - page.length;
  if (!equal(page, wanted) || (!next.continue && remaining > 0)) {
    throw new Violation(
      `list of ${kind.resource} ${JSON.stringify(selection)} at ${revision} shows ${
        JSON.stringify(page)
      } instead of ${JSON.stringify(wanted)}`,
    );
  }
  if (next.continue && isEverything(selection) && next.remainingItemCount !== remaining) {
    throw new Violation(`remainingItemCount is ${next.remainingItemCount}, not ${remaining}`);
  }
  for (const [i, [key]] of rest.slice(0, size).entries()) objects.set(key, page[i]!);
  return next.continue || undefined;
}
