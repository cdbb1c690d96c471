import { assertEquals } from "@std/assert";
import { invocation } from "./invocation.ts";

Deno.test("invocation() is what the reader of a hint can call", () => {
  const main = "file:///src/capim/cmd/capim.ts";
  const cases = [
    [{ mainModule: main, cwd: "/src/capim" }, "npx -y deno@2.9 run -A cmd/capim.ts"],
    [{ mainModule: main, cwd: "/home" }, "npx -y deno@2.9 run -A /src/capim/cmd/capim.ts"],
    [
      { mainModule: "jsr:@capim/capim/cli", cwd: "/home" },
      "npx -y deno@2.9 run -A jsr:@capim/capim/cli",
    ],
    [{ standalone: true, execPath: "/capim", cwd: "/" }, "/capim"],
    [{ standalone: true, execPath: "/home/bin/capim", cwd: "/home" }, "./bin/capim"],
  ] as const;
  const usual = { standalone: false, execPath: "/usr/bin/deno", mainModule: "", cwd: "/" };
  for (const [process, expected] of cases) {
    assertEquals(invocation({ ...usual, ...process }), expected);
  }
});
