// What templates make of keys that their data do not have. The results are
// those of Go 1.26 with sprig 3.3.

import { type Case, checkFaults, checkTexts } from "./cases_test.ts";

const TEXTS: readonly Case[] = [
  [
    '{{ if or (eq .name "a") (eq .missing "b") }}ok{{ end }}',
    "",
  ],
  [
    "{{ .name }}\ttab{{/* multi\nline */}}\n{{ .nope }}",
    "kind\ttab\n<no value>",
  ],
  [
    '{{ define "A" }}{{ .x.y }}{{ end }}{{ template "A" (dict "x" .m) }}',
    "<no value>",
  ],
  [
    '{{ (dict "a" 1).b }}',
    "<no value>",
  ],
  [
    "{{ range .objs }}{{ .v }}{{ end }}",
    "1<no value>",
  ],
  [
    '{{ (split "," "a,b")._2 }}',
    "<no value>",
  ],
  [
    '{{ default "x" .missing }}',
    "x",
  ],
  [
    "{{ .missing }}",
    "<no value>",
  ],
  [
    "{{ .m.zz }}",
    "<no value>",
  ],
  [
    "{{ (.nul).foo }}",
    "<no value>",
  ],
  [
    "{{ $x := .nul }}{{ $x.foo }}",
    "<no value>",
  ],
  [
    '{{ define "R" }}{{ .x }}{{ end }}{{ template "R" . }}',
    "<no value>",
  ],
  [
    "{{ (index .objs 1).v }}",
    "<no value>",
  ],
  [
    "line\n{{ .name }}\n  {{ .missing }}",
    "line\nkind\n  <no value>",
  ],
  [
    "{{ .m.c.x }}",
    "<no value>",
  ],
  [
    "{{ $v := .m }}{{ $v.zz }}",
    "<no value>",
  ],
  [
    '{{ define "a" }}{{ template "b" . }}{{ end }}{{ define "b" }}{{ .bad }}{{ end }}{{ template "a" . }}',
    "<no value>",
  ],
  [
    '{{ or .missing "x" }}',
    "x",
  ],
  [
    "{{ $.x }}",
    "<no value>",
  ],
  [
    '{{ template "q" }}{{ define "q" }}{{ $.x }}{{ end }}',
    "<no value>",
  ],
  [
    "é{{ .missing }}",
    "é<no value>",
  ],
  [
    '{{ "é" | upper | len }} {{ .missing }}',
    "2 <no value>",
  ],
  [
    "{{ .missing.a.b }}",
    "<no value>",
  ],
  [
    "{{ if .missing.a }}x{{ else }}y{{ end }}",
    "y",
  ],
  [
    "{{ with .missing }}x{{ else }}y{{ end }}",
    "y",
  ],
  [
    "{{ range .missing }}x{{ else }}y{{ end }}",
    "y",
  ],
  [
    "{{ eq .missing 1 }}",
    "false",
  ],
  [
    "{{ eq .missing nil }}",
    "true",
  ],
  [
    '{{ ne .missing "a" }}',
    "true",
  ],
  [
    "{{ not .missing }}",
    "true",
  ],
  [
    "{{ .missing | default 3 }}",
    "3",
  ],
  [
    "{{ print .missing }}",
    "<nil>",
  ],
  [
    "{{ toJson .missing }}",
    "null",
  ],
  [
    "{{ .missing | quote }}",
    "",
  ],
  [
    '{{ printf "%v" .missing }}',
    "<nil>",
  ],
  [
    '{{ hasKey .missing "a" }}',
    "false",
  ],
  [
    "{{ .m.zz.y }}",
    "<no value>",
  ],
  [
    "{{ $x := .missing }}{{ $x.a }}",
    "<no value>",
  ],
  [
    "{{ empty .missing }}",
    "true",
  ],
  [
    "{{ and .missing 1 }}",
    "<no value>",
  ],
  [
    "{{ kindOf .missing }}",
    "invalid",
  ],
];

const FAULTS: readonly Case[] = [
  [
    '{{ index .missing "a" }}',
    'template: tpl:1:3: executing "tpl" at <index .missing "a">: error calling index: index of untyped nil',
  ],
  [
    "{{ ternary 1 2 .missing }}",
    'template: tpl:1:15: executing "tpl" at <.missing>: invalid value; expected bool',
  ],
  [
    "{{ lt .missing 1 }}",
    'template: tpl:1:3: executing "tpl" at <lt .missing 1>: error calling lt: invalid type for comparison',
  ],
  [
    '{{ dig "a" "b" .missing }}',
    'template: tpl:1:3: executing "tpl" at <dig "a" "b" .missing>: error calling dig: interface conversion: interface {} is nil, not map[string]interface {}',
  ],
  [
    "{{ .nul.a }}",
    'template: tpl:1:7: executing "tpl" at <.nul.a>: nil pointer evaluating interface {}.a',
  ],
  [
    '{{ semverCompare ">1.0" .missing }}',
    'template: tpl:1:24: executing "tpl" at <.missing>: invalid value; expected string',
  ],
];

Deno.test("a key that a map does not hold is no value, and neither are its fields", () => {
  checkTexts(TEXTS);
});

Deno.test("no value is refused where something must be there", () => {
  checkFaults(FAULTS);
});
