import { assertEquals, assertThrows } from "@std/assert";
import { VirtualClock } from "../runtime/clock.ts";
import { controllerLog } from "./controller_log.ts";

Deno.test("controllerLog() writes lines for people, and details on request", () => {
  const lines: string[] = [];
  const clock = new VirtualClock(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  const log = controllerLog({ json: false, verbosity: 2, clock }, (line) => lines.push(line));
  const logger = log.logger.with({ controller: "inmemorycluster" });
  logger.debug("Hidden");
  logger.info("Made a cluster", { name: "a b", error: new Error("x") });
  log.setVerbosity("4");
  logger.debug("Shown");
  assertEquals(lines, [
    '2026-01-02T03:04:05.678Z info Made a cluster controller=inmemorycluster name="a b" error="x"',
    "2026-01-02T03:04:05.678Z debug Shown controller=inmemorycluster",
  ]);
  assertThrows(() => log.setVerbosity("much"), TypeError, '"much" is no whole number');
});

Deno.test("controllerLog() writes JSON", () => {
  const lines: string[] = [];
  const clock = new VirtualClock(1500);
  const { logger } = controllerLog({ json: true, verbosity: 2, clock }, (line) => lines.push(line));
  logger.error("Failed", { error: new Error("x"), level: 3 });
  assertEquals(JSON.parse(lines[0] ?? ""), {
    ts: 1.5,
    level: "error",
    msg: "Failed",
    error: "x",
    level_: 3,
  });
});
