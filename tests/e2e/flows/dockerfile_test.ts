import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { entrypointOf, instructionsOf, moved } from "./dockerfile.ts";

const ROOT = new URL("../../../", import.meta.url);

Deno.test("instructionsOf leaves comments and empty lines out", () => {
  assertEquals(instructionsOf("# a remark\nFROM scratch\n\nRUN  true && false\n"), [
    { name: "FROM", text: "scratch" },
    { name: "RUN", text: "true && false" },
  ]);
});

Deno.test("moved changes the image's paths and no others", () => {
  assertEquals(
    moved(`printf '#!/bin/sh\\nexec deno run /app/cmd "$@"\\n' > /manager`, "/x"),
    `printf '#!/bin/sh\\nexec deno run /x/app/cmd "$@"\\n' > /x/manager`,
  );
  assertEquals(moved("DENO_DIR=/deno a/app /apple", "/x"), "DENO_DIR=/x/deno a/app /apple");
});

Deno.test("entrypointOf takes the last, and says so when there is none", () => {
  const instructions = instructionsOf('ENTRYPOINT ["/a"]\nENTRYPOINT ["/b", "c"]');
  assertEquals(entrypointOf(instructions), ["/b", "c"]);
  assertThrows(() => entrypointOf([]), Error, "no ENTRYPOINT");
});

// The flows with --provider=image and --provider=compiled go by this.
for (const file of ["Dockerfile", "Dockerfile.npm"]) {
  Deno.test(`what ${file} starts is what it made`, async () => {
    const instructions = instructionsOf(await Deno.readTextFile(new URL(file, ROOT)));
    const [program = "", ...args] = entrypointOf(instructions).map((arg) => moved(arg, "/x"));
    assertMatch(program, /^\/x\//);
    assertEquals(args, []);
    const makes = instructions.some(({ name, text }) =>
      name === "RUN" && moved(text, "/x").includes(program)
    );
    assertEquals(makes, true);
  });
}
