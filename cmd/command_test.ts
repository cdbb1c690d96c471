import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  choiceFlag,
  type Command,
  commandHelp,
  integerFlag,
  parseArguments,
  UsageError,
} from "./command.ts";

const command: Command = {
  name: "serve",
  synopsis: "[flags] [NAME]",
  summary: "Serves",
  description: "",
  flags: [
    { name: "port", value: "N", help: "Where", default: "0" },
    { name: "namespace", short: "n", value: "NS", help: "Which" },
    { name: "loud", help: "Whether" },
  ],
  positionals: { min: 0, max: 1 },
  run: () => Promise.resolve(0),
};

Deno.test("parseArguments() reads flags in every form", () => {
  assertEquals(
    parseArguments(command, ["-n", "a", "--port=5", "x", "--loud"]),
    {
      flags: { port: "5", namespace: "a", loud: "true" },
      positionals: ["x"],
    },
  );
  assertEquals(parseArguments(command, ["--", "--x"]), {
    flags: { port: "0" },
    positionals: ["--x"],
  });
});

Deno.test("parseArguments() says in one line what is wrong", () => {
  const cases: [string[], string][] = [
    [
      ["--nope"],
      'Unknown flag --nope; "capim serve --help" lists those there are',
    ],
    [["--port"], "--port needs a value: --port N"],
    [["--loud=yes"], "--loud takes no value"],
    [["a", "b"], 'Unexpected argument "b"; usage: capim serve [flags] [NAME]'],
  ];
  for (const [args, message] of cases) {
    assertEquals(
      assertThrows(() => parseArguments(command, args), UsageError).message,
      message,
    );
  }
});

Deno.test("integerFlag() and choiceFlag() refuse other values", () => {
  const args = parseArguments(command, ["--port", "70000"]);
  assertThrows(
    () => integerFlag(args, "port", 0, 65535),
    UsageError,
    '--port is "70000"; it must be a whole number from 0 to 65535',
  );
  assertThrows(
    () => choiceFlag(args, "port", ["a", "b"]),
    UsageError,
    "it must be a or b",
  );
  assertEquals(integerFlag(parseArguments(command, []), "port", 0, 65535), 0);
});

Deno.test("commandHelp() lists the flags with their defaults", () => {
  assertStringIncludes(
    commandHelp(command),
    "      --port N        Where (default 0)",
  );
  assertStringIncludes(commandHelp(command), "  -n, --namespace NS  Which");
});
