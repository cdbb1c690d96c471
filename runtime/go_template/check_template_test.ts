import { assertThrows } from "@std/assert";
import { checkTemplate } from "./check_template.ts";

Deno.test("checkTemplate() names the template, the line and what is wrong", () => {
  checkTemplate("enabledIf", "{{ if .a }}{{ .b | upper }}{{ end }}");
  assertThrows(
    () => checkTemplate("enabledIf", "{{ .a "),
    Error,
    "template: enabledIf:1: unclosed action",
  );
  assertThrows(
    () => checkTemplate("valueFrom.template", "a\n{{ env }}"),
    Error,
    'template: valueFrom.template:2: function "env" not defined',
  );
});
