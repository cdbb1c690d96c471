import { assertEquals, assertThrows } from "@std/assert";
import { type Command, parseArguments, UsageError } from "./command.ts";
import { LISTEN_FLAGS, listenModeOf } from "./listen_mode.ts";

const command: Command = {
  name: "up",
  synopsis: "",
  summary: "",
  description: "",
  flags: LISTEN_FLAGS,
  positionals: { min: 0, max: 0 },
  run: () => Promise.resolve(0),
};
const read = (...args: string[]) => listenModeOf(parseArguments(command, args));

Deno.test("listenModeOf() reads where clusters listen", () => {
  assertEquals(read(), {});
  assertEquals(read("--listen-mode", "sni"), {
    serverNames: { port: 16444, suffix: "capim.local" },
  });
  assertEquals(
    read("--listen-mode=sni", "--shared-port=0", "--name-suffix=a.test"),
    { serverNames: { port: 0, suffix: "a.test" } },
  );
  assertEquals(read("--listen-mode=path", "--shared-port=1"), { serverPaths: { port: 1 } });
});

Deno.test("listenModeOf() says what would be right", () => {
  assertThrows(() => read("--listen-mode", "x"), UsageError, "it must be port or sni or path");
  assertThrows(() => read("--listen-mode=sni", "--name-suffix=.A"), UsageError, "a domain");
});
