import { assertEquals, assertThrows } from "@std/assert";
import { type Command, parseArguments, UsageError } from "./command.ts";
import { LISTEN_FLAGS, serverNamesOf } from "./listen_mode.ts";

const command: Command = {
  name: "up",
  synopsis: "",
  summary: "",
  description: "",
  flags: LISTEN_FLAGS,
  positionals: { min: 0, max: 0 },
  run: () => Promise.resolve(0),
};
const read = (...args: string[]) => serverNamesOf(parseArguments(command, args));

Deno.test("serverNamesOf() reads where clusters listen", () => {
  assertEquals(read(), undefined);
  assertEquals(read("--listen-mode", "sni"), { port: 16444, suffix: "capim.local" });
  assertEquals(
    read("--listen-mode=sni", "--shared-port=0", "--name-suffix=a.test"),
    { port: 0, suffix: "a.test" },
  );
});

Deno.test("serverNamesOf() says what would be right", () => {
  assertThrows(() => read("--listen-mode", "x"), UsageError, "it must be port or sni");
  assertThrows(() => read("--listen-mode=sni", "--name-suffix=.A"), UsageError, "a domain");
});
