// Plays flows with the real managers of Cluster API against our provider, and
// prints a line for each check; the logs of the managers are read at the end.
// Exit code 1 when anything failed. A program for the suites.
// Usage: main.ts --bin=FOLDER --work=FOLDER [--management=reference|capim]
//   [--family=in-memory|dev] [--cluster-api=1.14|1.9] [--topology=no|yes]
//   [--kill=no|yes] [--provider=source|image|compiled] [--concurrency=N] [--patience=N] [--clusters=N] [--at-once=N]
//   [FLOW…]

import { Draughtsman } from "./blueprint.ts";
import { FLOWS, USUAL_FLOWS } from "./catalogue.ts";
import { complaints, excerpts } from "./logs.ts";
import { placesOf } from "./places.ts";
import { type Flow, Scene } from "./scene.ts";
import { readSettings, type Settings } from "./settings.ts";
import { conditionsOf } from "./settled.ts";
import { Stack } from "./stack.ts";
import { bePatient } from "./waiting.ts";

let passed = 0;
let failed = 0;

function say(line: string): void {
  if (line.startsWith("PASS")) passed++;
  if (line.startsWith("FAIL")) failed++;
  // deno-lint-ignore no-console -- a program's output
  console.log(line);
}

function chosenFlows(settings: Settings): Flow[] {
  const names = settings.flows.length > 0 ? settings.flows : USUAL_FLOWS;
  return names.map((name) => {
    const flow = FLOWS.find((candidate) => candidate.name === name);
    if (flow === undefined) {
      throw new TypeError(`${name}: flows are ${FLOWS.map((one) => one.name).join(", ")}`);
    }
    return flow;
  }).filter(({ when }) => when?.(settings) ?? true);
}

async function play(flow: Flow, stack: Stack, settings: Settings): Promise<void> {
  const places = placesOf(settings);
  const draughtsman = new Draughtsman(places, settings);
  const scene = new Scene(
    { stack, settings, places, draughtsman, namespace: `flow-${flow.name}` },
    (line) => say(line.replace(/^(\w+) /, `$1 ${flow.name}: `)),
  );
  try {
    await flow.run(scene);
  } catch (error) {
    // Steps have said that they failed; this is what it was.
    if (failed === 0) say(`FAIL ${flow.name}`);
    const lines = [error instanceof Error ? error.message : String(error)];
    lines.push(...await excerpts(stack, settings.kill, scene.namespace), ...await untrue(scene));
    for (const line of lines.join("\n").split("\n")) say(`     ${line}`);
  }
}

/** Conditions that do not hold, of the flow's objects. */
async function untrue({ stack, places, namespace }: Scene): Promise<string[]> {
  const lines: string[] = [];
  for (
    const place of [places.clusters, places.controlPlanes, places.machinePools, places.machines]
  ) {
    for (const object of await stack.objects.list(place, { namespace })) {
      for (const { type, status, reason, message } of conditionsOf(object)) {
        if (status === "True" || message === undefined || message === "") continue;
        lines.push(`${object.kind} ${object.metadata.name} ${type}=${status} ${reason} ${message}`);
      }
    }
  }
  return lines;
}

async function playAll(stack: Stack, settings: Settings): Promise<void> {
  const waiting = chosenFlows(settings);
  const lane = async () => {
    for (let flow = waiting.shift(); flow !== undefined; flow = waiting.shift()) {
      await play(flow, stack, settings);
    }
  };
  await Promise.all(Array.from({ length: settings.concurrency }, lane));
}

async function started(settings: Settings): Promise<Stack> {
  try {
    return await Stack.start(settings, "first", "127.0.0.1");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    say(`FAIL the managers and the provider are ready: ${reason.replaceAll("\n", "\n     ")}`);
    say("0 passed, 1 failed");
    Deno.exit(1);
  }
}

const settings = readSettings(Deno.args);
bePatient(settings.patience);
await using stack = await started(settings);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => void stack[Symbol.asyncDispose]().then(() => Deno.exit(1)));
}
say("PASS the managers and the provider are ready");
await playAll(stack, settings);
const wrong = await complaints(stack, settings.kill);
say(wrong.length === 0 ? "PASS no log has unexplained errors" : "FAIL logs have errors");
for (const line of wrong.slice(0, 40)) say(`     ${line.slice(0, 900)}`);
const forbidden = await stack.provider.forbidden();
say(`${forbidden.length === 0 ? "PASS" : "FAIL"} the provider's rules suffice`);
for (const line of forbidden) say(`     ${line}`);
const { resident_mib, heap_mib, cpu_s } = await stack.provider.cost();
say(
  `NOTE provider: ${resident_mib.toFixed(0)} MiB, ${heap_mib.toFixed(0)} of them heap, ` +
    `${cpu_s.toFixed(1)} s of CPU`,
);
say(`${passed} passed, ${failed} failed`);
Deno.exitCode = failed === 0 ? 0 : 1;
