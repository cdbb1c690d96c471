import { assertEquals } from "@std/assert";
import { forbiddenField, invalid, notSupported, required } from "../runtime/field/error.ts";
import { showingWhole } from "./variable_errors.ts";

Deno.test("showingWhole() puts the whole value where the wrong part stands", () => {
  const raw = '{"a":1}';
  const shown = (error: ReturnType<typeof invalid>) => showingWhole(error, raw).message;
  const whole = '"{\\"a\\":1}"';
  assertEquals(shown(invalid("f", "x", " in body is bad")), `Invalid value: ${whole}: is bad`);
  assertEquals(
    shown(invalid("f", 1.5, "a in body is bad")),
    `Invalid value: ${whole}: a in body is bad`,
  );
  assertEquals(
    shown(invalid("f", { b: ["}", 1] }, "no: none")),
    `Invalid value: ${whole}: no: none`,
  );
  assertEquals(shown(invalid("f", null, "no")), `Invalid value: ${whole}: no`);
  assertEquals(shown(invalid("f", 'a": b', "no")), `Invalid value: ${whole}: no`);
  assertEquals(
    shown(notSupported("f", "x", ["y", "z"])),
    `Unsupported value: ${whole}: supported values: "y", "z"`,
  );
  const bare = { ...invalid("f", "", ""), message: "Invalid value: there must be one" };
  assertEquals(shown(bare), `Invalid value: ${whole}: there must be one`);
});

Deno.test("showingWhole() leaves errors as they are that show no value", () => {
  for (const error of [required("f", "a"), forbiddenField("f", "not here")]) {
    assertEquals(showingWhole(error, "1"), error);
  }
});
