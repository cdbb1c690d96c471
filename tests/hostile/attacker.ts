// An attacker in a process of its own: does what it is told, attack by attack.
// Usage: deno run -A attacker.ts TARGET   as JSON

import type { Duplex } from "node:stream";
import { SeededRandom } from "../../runtime/random.ts";
import { ATTACKS } from "./attacks.ts";
import type { Target } from "./connections.ts";
import { HALF_OPEN, HELD, openHalf } from "./half_open.ts";
import { questions, say } from "./program.ts";

/** What an attacker is told: an attack from beginning to end, connections to be opened half, or to let go of these. */
export type Order =
  | { readonly attack: string; readonly seed: number; readonly count: number }
  | { readonly open: string; readonly count: number }
  | "count"
  | "let go";

if (import.meta.main) {
  const target: Target = JSON.parse(Deno.args[0] ?? "");
  let held: Duplex[] = [];
  const open = () => held.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
  say("ready");
  for await (const question of questions()) {
    const order = question as Order;
    if (order === "count") say(open());
    else if (order === "let go") {
      for (const socket of held) socket.destroy();
      held = [];
      say(0);
    } else if ("open" in order) {
      held = await openHalf(target, (HALF_OPEN[order.open] ?? HELD[order.open])!, order.count);
      say(held.length);
    } else {
      await ATTACKS[order.attack]!(target, new SeededRandom(order.seed), order.count);
      say(order.count);
    }
  }
  Deno.exit();
}
