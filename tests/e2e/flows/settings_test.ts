import { assertEquals, assertThrows } from "@std/assert";
import { readSettings } from "./settings.ts";

Deno.test("readSettings() reads options and flows", () => {
  const settings = readSettings(["--bin=b", "--work=w", "--kill=yes", "--family=dev", "create"]);
  assertEquals(settings, {
    management: "reference",
    family: "dev",
    clusterApi: "1.14",
    topology: false,
    kill: true,
    provider: "source",
    concurrency: 4,
    patience: 3,
    clusters: 10,
    atOnce: 5,
    bin: "b",
    work: "w",
    flows: ["create"],
  });
});

Deno.test("readSettings() says what is wrong", () => {
  const cases = [
    [["--work=w"], "--bin=FOLDER and --work=FOLDER are needed"],
    [["--bin=b", "--work=w", "--family=docker"], "should be one of in-memory, dev"],
    [["--bin=b", "--work=w", "--clusters=none"], "should be a count"],
    [["--bin=b", "--work=w", "--flavour=x"], "unknown option"],
  ] as const;
  for (const [args, message] of cases) {
    assertThrows(() => readSettings(args), TypeError, message);
  }
});
