// `deno run -A tests/simulation/main.ts [--seeds N] [--first N] [--steps N]`:
// many simulations one after the other. Ends at the first promise that does
// not hold, with the seed that shows it.

import { simulate, SimulationError } from "./simulation.ts";

function flag(name: string, preset: number): number {
  const at = Deno.args.indexOf(`--${name}`);
  const value = at < 0 ? preset : Number(Deno.args[at + 1]);
  if (Number.isInteger(value)) return value;
  // deno-lint-ignore no-console -- a program's output
  console.error(`--${name} is "${Deno.args[at + 1]}"; it must be a whole number`);
  Deno.exit(2);
}

const seeds = flag("seeds", 20);
const first = flag("first", 1);
const steps = flag("steps", 3000);
const totals = new Map<string, number>();
const add = (name: string, count: number) => totals.set(name, (totals.get(name) ?? 0) + count);

for (let seed = first; seed < first + seeds; seed++) {
  try {
    const report = await simulate({ seed, steps });
    for (const name of ["writes", "events", "expiries", "restarts", "lists"] as const) {
      add(name, report[name]);
    }
    for (const [name, count] of Object.entries(report.outcomes)) add(name, count);
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error;
    // deno-lint-ignore no-console -- a program's output
    console.error(error.message);
    Deno.exit(1);
  }
}
// deno-lint-ignore no-console -- a program's output
console.log(
  `${seeds} seeds of ${steps} steps passed: ${
    [...totals].map(([name, count]) => `${count} ${name}`).join(", ")
  }`,
);
