import { assertEquals } from "@std/assert";
import { goJsonError } from "./go_json_error.ts";

Deno.test("goJsonError() words errors as encoding/json does", () => {
  const cases: [text: string, error: string | undefined][] = [
    ['{"auths":{}}', undefined],
    ["null", undefined],
    ["", "unexpected end of JSON input"],
    ['{"a":', "unexpected end of JSON input"],
    ["nope", "invalid character 'o' in literal null (expecting 'u')"],
    ["bad", "invalid character 'b' looking for beginning of value"],
    ["{} x", "invalid character 'x' after top-level value"],
    ["{a:1}", "invalid character 'a' looking for beginning of object key string"],
    ["[1]", "json: cannot unmarshal array into Go value of type map[string]interface {}"],
    ["5", "json: cannot unmarshal number into Go value of type map[string]interface {}"],
    ['"a"', "json: cannot unmarshal string into Go value of type map[string]interface {}"],
  ];
  for (const [text, error] of cases) {
    assertEquals(goJsonError(text, "map[string]interface {}"), error, text);
  }
});
