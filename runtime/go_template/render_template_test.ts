import { assertEquals, assertMatch } from "@std/assert";
import { type Case, checkFaults, checkTexts, DATA } from "./cases_test.ts";
import { renderTemplate } from "./render_template.ts";

const TEXTS: readonly Case[] = [
  ["plain", "plain"],
  ["{{ .name }}", "kind"],
  ["{{.name}} and {{- .n -}}  x", "kind and3x"],
  ["a {{- /* c */ -}} b", "ab"],
  ["{{/* c */}}x", "x"],
  [
    "{{ .n }} {{ .f }} {{ .big }} {{ .t }} {{ .nul }} {{ .l }} {{ .m }} {{ .em }} {{ .el }}",
    "3 2.5 1e+06 true <no value> [b a c] map[a:x b:2 c:map[d:[1 map[k:v]]]] map[] []",
  ],
  ["{{ .m.c.d }}", "[1 map[k:v]]"],
  ["{{ $x := 1 }}{{ $x }}{{ $x = 2 }}{{ $x }}", "12"],
  ["{{ $.name }}", "kind"],
  ["{{ if .t }}a{{ else }}b{{ end }}", "a"],
  ["{{ if .no }}a{{ else if .n }}b{{ else }}c{{ end }}", "b"],
  ["{{ range .l }}[{{ . }}]{{ end }}", "[b][a][c]"],
  ["{{ range $i, $e := .l }}{{ $i }}={{ $e }};{{ end }}", "0=b;1=a;2=c;"],
  ["{{ range $k, $v := .m }}{{ $k }}:{{ $v }} {{ end }}", "a:x b:2 c:map[d:[1 map[k:v]]] "],
  ["{{ range .el }}x{{ else }}none{{ end }}", "none"],
  ["{{ range 3 }}{{ . }}{{ end }}", "012"],
  ["{{ range $i := 3 }}{{ $i }}{{ end }}", "012"],
  ["{{ range .nul }}x{{ else }}e{{ end }}", "e"],
  [
    "{{ range .nums }}{{ if eq . 2.0 }}{{ continue }}{{ end }}{{ . }}{{ if eq . 3.0 }}{{ break }}{{ end }}{{ end }}",
    "13",
  ],
  ["{{ with .m }}{{ .a }}{{ end }}", "x"],
  ["{{ with .e }}x{{ else with .name }}{{ . }}{{ end }}", "kind"],
  ["{{ with .nul }}x{{ else }}y{{ end }}", "y"],
  ['{{ define "T" }}<{{ . }}>{{ end }}{{ template "T" .name }}', "<kind>"],
  ['{{ block "B" .n }}b{{ . }}{{ end }}', "b3"],
  ['{{ define "T" }}<{{ . }}>{{ end }}{{ template "T" }}', "<<no value>>"],
  ["{{ and .t .name }} {{ and .no .name }} {{ or .e .name }} {{ or .e 0 }}", "kind false kind 0"],
  ["{{ not .t }} {{ not .e }}", "false true"],
  ['{{ eq .n 3.0 }} {{ eq .name "x" "kind" }} {{ ne .name "x" }}', "true true true"],
  ['{{ lt 1 2 }} {{ le 2 2 }} {{ gt .f 1.5 }} {{ ge "b" "a" }}', "true true true true"],
  ["{{ eq .nul nil }} {{ eq .name nil }}", "true false"],
  ["{{ eq .nul .name }}", "false"],
  ["{{ eq .em nil }}", "false"],
  ["{{ len .l }} {{ len .name }} {{ len .u }} {{ len .m }}", "3 4 5 3"],
  [
    '{{ index .l 1 }} {{ index .m "a" }} {{ index .m "zz" }} {{ index .m "c" "d" 0 }}',
    "a x <no value> 1",
  ],
  ["{{ index .name 0 }}", "107"],
  ["{{ (index .objs 0).name }}", "a"],
  ['{{ print 1 2 "a" "b" 3 .nul }}', "1 2ab3 <nil>"],
  ['{{ println "a" 1 }}', "a 1\n"],
  ['{{ printf "%s-%d-%v" "a" 5 .n }}', "a-5-3"],
  ['{{ printf "%d" .n }}', "%!d(float64=3)"],
  [
    '{{ printf "%q %t %x %5d|%-5d|%05d" "a\\"b" true 255 42 42 42 }}',
    '"a\\"b" true ff    42|42   |00042',
  ],
  ['{{ printf "%.2f %f %e %g" .f .f .f .big }}', "2.50 2.500000 2.500000e+00 1e+06"],
  ['{{ printf "%s" .l }}', "[b a c]"],
  ['{{ printf "%v %T" .m .m }}', "map[a:x b:2 c:map[d:[1 map[k:v]]]] map[string]interface {}"],
  ['{{ printf "%d %s" 1 }}', "1 %!s(MISSING)"],
  ['{{ printf "a" 1 }}', "a%!(EXTRA int=1)"],
  ['{{ printf "%z" 1 }}', "%!z(int=1)"],
  ['{{ printf "%s" nil }}', "%!s(<nil>)"],
  ['{{ printf "%5s|%-5s|%.2s" "a" "b" "cdef" }}', "    a|b    |cd"],
  ['{{ printf "%x %X" "hi" "hi" }}', "6869 6869"],
  ['{{ printf "%+d % d %#x" 5 5 255 }}', "+5  5 0xff"],
  ['{{ printf "%c %U %q" 65 65 65 }}', "A U+0041 'A'"],
  ['{{ printf "%%" }}', "%"],
  ['{{ printf "%" }}', "%!(NOVERB)"],
  ['{{ printf "%d" "x" }}', "%!d(string=x)"],
  ['{{ printf "%s" .t }}', "%!s(bool=true)"],
  ['{{ printf "%6.2f|" 3.14159 }}', "  3.14|"],
  ['{{ printf "%*d" 5 42 }}', "   42"],
  ['{{ printf "%v" .mixed }}', "[<nil> 1 s true]"],
  ['{{ html "<a href=\'x\'>&\\"" }}', "&lt;a href=&#39;x&#39;&gt;&amp;&#34;"],
  ['{{ js "<\'\\"=&>\\n" }}', "\\u003C\\'\\\"\\u003D\\u0026\\u003E\\u000A"],
  ['{{ urlquery "a b&c/é" }}', "a+b%26c%2F%C3%A9"],
  ["{{ upper .name | lower | title }}", "Kind"],
  ['{{ .name | upper | printf "%s-%s" "x" }}', "x-KIND"],
  [
    "{{ 1.5e3 }} {{ 0x1F }} {{ 0b11 }} {{ 017 }} {{ 1_000 }} {{ 'a' }} {{ -5 }} {{ +5 }} {{ .5 }}",
    "1500 31 3 15 1000 97 -5 5 0.5",
  ],
  ['{{ `raw "x"` }} {{ "\\u00e9\\t\\x41" }}', 'raw "x" é\tA'],
  ["{{ range .mixed }}{{ . }},{{ end }}", "<no value>,1,s,true,"],
  ["{{ $v := .m }}{{ $v.c.d }}", "[1 map[k:v]]"],
  [
    '{{ range $i, $e := .objs }}{{ with $e }}{{ if eq .name "a" }}{{ continue }}{{ end }}{{ .name }}{{ end }}{{ end }}',
    "b",
  ],
  ['{{ $x := dict "k" (dict "j" 1) }}{{ $x.k.j }} {{ ($x.k).j }}', "1 1"],
  ['{{ index (index .objs 0) "name" | upper }}', "A"],
  ['{{ printf "%s" }}', "%!s(MISSING)"],
  ['{{ .name | printf "%s %s" "a" | upper | quote }}', '"A KIND"'],
  ['{{ (printf "%d" 3) | atoi | add 4 }}', "7"],
  ["{{ if (and .t (or .no .name)) }}1{{ end }}", "1"],
  ['{{ .name | default "x" | trunc 63 | trimSuffix "-" }}', "kind"],
  ["{{ and .no .missing }}", "false"],
  ["{{ or .name .missing }}", "kind"],
  ["{{ eq nil nil }}", "true"],
  ["{{ not nil }}", "true"],
  ["{{ print nil }}", "<nil>"],
  [
    '{{ join "," . }}',
    "map[big:1e+06 builtin:map[cluster:map[name:my topology:map[version:v1.30.0]] machineDeployment:map[replicas:3]] e: el:[] em:map[] f:2.5 l:[b a c] m:map[a:x b:2 c:map[d:[1 map[k:v]]]] mixed:[<nil> 1 s true] n:3 name:kind no:false nul:<nil> nums:[1 2 3] objs:[map[name:a v:1] map[name:b]] t:true u:héé ver:v1.31.2 z:0]",
  ],
  ["{{ list | first | print }}", "<nil>"],
  ['{{ has .name .l }} {{ has "b" nil }}', "false false"],
  ['{{- "x" -}}   {{- "y" }}   ', "xy   "],
  ['{{"a"}}{{-1}}{{- 1}}', "a-11"],
  ["{{ -1 }}{{3 -}} x", "-13x"],
  ["{{range .l}}{{.}}{{end}}{{/*a*/ -}}   b", "bacb"],
  ["{{ $.m.b }}", "2"],
  ["{{ if $w := .n }}{{ $w }}{{ else }}{{ $w }}{{ end }}", "3"],
  ["{{ range $w := .el }}{{ else }}{{ $w }}{{ end }}", "[]"],
  ["{{ with $w := .no }}{{ else }}{{ $w }}{{ end }}", "false"],
];

const FAULTS: readonly Case[] = [
  [
    "{{ .name.foo }}",
    'template: tpl:1:8: executing "tpl" at <.name.foo>: can\'t evaluate field foo in type interface {}',
  ],
  [
    "{{ .nul.foo }}",
    'template: tpl:1:7: executing "tpl" at <.nul.foo>: nil pointer evaluating interface {}.foo',
  ],
  [
    "{{ $x := .name }}{{ $x.foo }}",
    'template: tpl:1:22: executing "tpl" at <$x.foo>: can\'t evaluate field foo in type string',
  ],
  ["{{ $y }}", 'template: tpl:1: undefined variable "$y"'],
  [
    "{{ range $i, $j := 3 }}{{ end }}",
    'template: tpl:1:19: executing "tpl" at <3>: can\'t use 3 to iterate over more than one variable',
  ],
  [
    "{{ range .n }}{{ end }}",
    'template: tpl:1:9: executing "tpl" at <.n>: range can\'t iterate over 3',
  ],
  [
    "{{ range .name }}{{ end }}",
    'template: tpl:1:9: executing "tpl" at <.name>: range can\'t iterate over kind',
  ],
  ["{{ break }}", "template: tpl:1: {{break}} outside {{range}}"],
  [
    '{{ template "T" }}',
    'template: tpl:1:12: executing "tpl" at <{{template "T"}}>: template "T" not defined',
  ],
  [
    "{{ and }}",
    'template: tpl:1:3: executing "tpl" at <and>: wrong number of args for and: want at least 1 got 0',
  ],
  [
    "{{ eq .n 3 }}",
    'template: tpl:1:3: executing "tpl" at <eq .n 3>: error calling eq: incompatible types for comparison: float64 and int',
  ],
  [
    "{{ lt .n 3 }}",
    'template: tpl:1:3: executing "tpl" at <lt .n 3>: error calling lt: incompatible types for comparison: float64 and int',
  ],
  [
    "{{ lt .t .t }}",
    'template: tpl:1:3: executing "tpl" at <lt .t .t>: error calling lt: invalid type for comparison',
  ],
  [
    "{{ eq .l .l }}",
    'template: tpl:1:3: executing "tpl" at <eq .l .l>: error calling eq: non-comparable type [b a c]: []interface {}',
  ],
  [
    "{{ eq 1 }}",
    'template: tpl:1:3: executing "tpl" at <eq 1>: error calling eq: missing argument for comparison',
  ],
  [
    "{{ len .n }}",
    'template: tpl:1:3: executing "tpl" at <len .n>: error calling len: len of type float64',
  ],
  [
    "{{ len .nul }}",
    'template: tpl:1:3: executing "tpl" at <len .nul>: error calling len: len of nil pointer',
  ],
  [
    "{{ index .l 5 }}",
    'template: tpl:1:3: executing "tpl" at <index .l 5>: error calling index: index out of range: 5',
  ],
  [
    "{{ index .l 3 }}",
    'template: tpl:1:3: executing "tpl" at <index .l 3>: error calling index: reflect: slice index out of range',
  ],
  [
    "{{ index .l .n }}",
    'template: tpl:1:3: executing "tpl" at <index .l .n>: error calling index: cannot index slice/array with type float64',
  ],
  [
    "{{ index .nul 1 }}",
    'template: tpl:1:3: executing "tpl" at <index .nul 1>: error calling index: index of untyped nil',
  ],
  [
    "{{ index .n 0 }}",
    'template: tpl:1:3: executing "tpl" at <index .n 0>: error calling index: can\'t index item of type float64',
  ],
  [
    "{{ index .m 1 }}",
    'template: tpl:1:3: executing "tpl" at <index .m 1>: error calling index: value has type int; should be string',
  ],
  [
    "{{ call .name }}",
    'template: tpl:1:3: executing "tpl" at <call .name>: error calling call: non-function .name of type string',
  ],
  [
    "{{ call .nul }}",
    'template: tpl:1:3: executing "tpl" at <call .nul>: error calling call: call of nil',
  ],
  ["{{ foo }}", 'template: tpl:1: function "foo" not defined'],
  ["{{ .name | foo }}", 'template: tpl:1: function "foo" not defined'],
  [
    '{{ "a" "b" }}',
    'template: tpl:1:3: executing "tpl" at <"a">: can\'t give argument to non-function "a"',
  ],
  [
    "{{ .name 1 }}",
    'template: tpl:1:3: executing "tpl" at <.name>: name is not a method but has arguments',
  ],
  [
    "{{ 1 | .name }}",
    'template: tpl:1:7: executing "tpl" at <.name>: name is not a method but has arguments',
  ],
  [
    "{{ upper }}",
    'template: tpl:1:3: executing "tpl" at <upper>: wrong number of args for upper: want 1 got 0',
  ],
  ["{{ upper 1 }}", 'template: tpl:1:9: executing "tpl" at <1>: expected string; found 1'],
  [
    "{{ upper .n }}",
    'template: tpl:1:9: executing "tpl" at <.n>: wrong type for value; expected string; got float64',
  ],
  [
    "{{ upper .nul }}",
    'template: tpl:1:9: executing "tpl" at <.nul>: wrong type for value; expected string; got interface {}',
  ],
  ["{{ upper nil }}", 'template: tpl:1:9: executing "tpl" at <nil>: cannot assign nil to string'],
  [
    '{{ trunc "x" "y" }}',
    'template: tpl:1:9: executing "tpl" at <"x">: expected integer; found "x"',
  ],
  [
    '{{ trunc .n "y" }}',
    'template: tpl:1:9: executing "tpl" at <.n>: wrong type for value; expected int; got float64',
  ],
  ["{{ nil }}", 'template: tpl:1:3: executing "tpl" at <nil>: nil is not a command'],
  ["{{ nil | upper }}", 'template: tpl:1:3: executing "tpl" at <nil>: nil is not a command'],
  ["{{ 1 | 2 }}", "template: tpl:1: non executable command in pipeline stage 2"],
  ["{{ true.x }}", 'template: tpl:1: unexpected . after term "true"'],
  ["{{ 12a }}", 'template: tpl:1: bad number syntax: "12a"'],
  ['{{ "abc }}', "template: tpl:1: unterminated quoted string"],
  ["{{ `abc }}", "template: tpl:1: unterminated raw quoted string"],
  ["{{ ( }}", "template: tpl:1: unclosed left paren"],
  ["{{ ) }}", "template: tpl:1: unexpected right paren"],
  ["{{", "template: tpl:1: unclosed action"],
  ["{{ .name", "template: tpl:1: unclosed action"],
  ["{{ end }}", "template: tpl:1: unexpected {{end}}"],
  ["{{ else }}", "template: tpl:1: unexpected {{else}}"],
  ["{{ if }}x{{ end }}", "template: tpl:1: missing value for if"],
  ["{{ if .t }}", "template: tpl:1: unexpected EOF"],
  ["{{ if .t }}x{{ else }}y{{ else }}z{{ end }}", "template: tpl:1: expected end; found {{else}}"],
  ["{{ range $a, $b, $c := .l }}{{ end }}", "template: tpl:1: too many declarations in range"],
  ["{{ $a, $b := .l }}", "template: tpl:1: too many declarations in command"],
  ["{{ .a+b }}", "template: tpl:1: bad character U+002B '+'"],
  ["{{ @ }}", 'template: tpl:1: unexpected "@" in command'],
  ['{{ "x" := 1 }}', 'template: tpl:1: unexpected ":=" in operand'],
  ["{{ $x := }}", "template: tpl:1: missing value for command"],
  ["{{}}", "template: tpl:1: missing value for command"],
  ["{{ /* x }}", 'template: tpl:1: unexpected "/" in command'],
  ["{{/* x */ y }}", "template: tpl:1: comment ends before closing delimiter"],
  ["{{ define x }}{{ end }}", 'template: tpl:1: unexpected "x" in define clause'],
  [
    '{{ define "A" }}1{{ end }}{{ define "A" }}2{{ end }}',
    'template: tpl:1: template: multiple definition of template "A"',
  ],
  [
    "line\n{{ .name }}\n  {{ .nul.x }}",
    'template: tpl:3:9: executing "tpl" at <.nul.x>: nil pointer evaluating interface {}.x',
  ],
  [
    '{{ if eq .name "kind"\n}}x{{ end }}{{ .l.x }}',
    'template: tpl:2:17: executing "tpl" at <.l.x>: can\'t evaluate field x in type interface {}',
  ],
  [
    "{{ .m.c.d.x }}",
    'template: tpl:1:5: executing "tpl" at <.m.c.d.x>: can\'t evaluate field x in type interface {}',
  ],
  [
    "{{ range .mixed }}{{ .x }}{{ end }}",
    'template: tpl:1:21: executing "tpl" at <.x>: nil pointer evaluating interface {}.x',
  ],
  [
    "{{ range $e := .mixed }}{{ $e.x }}{{ end }}",
    'template: tpl:1:29: executing "tpl" at <$e.x>: nil pointer evaluating interface {}.x',
  ],
  [
    "{{ upper (lower .missing) }}",
    'template: tpl:1:16: executing "tpl" at <.missing>: invalid value; expected string',
  ],
  [
    '{{ fail "boom" }}',
    'template: tpl:1:3: executing "tpl" at <fail "boom">: error calling fail: boom',
  ],
  ['{{ "x" | fail }}', 'template: tpl:1:9: executing "tpl" at <fail>: error calling fail: x'],
  [
    '{{ if fail "a" }}{{ end }}',
    'template: tpl:1:6: executing "tpl" at <fail "a">: error calling fail: a',
  ],
  [
    '{{ define "a" }}{{ template "b" . }}{{ end }}{{ define "b" }}{{ .nul.x }}{{ end }}{{ template "a" . }}',
    'template: tpl:1:68: executing "b" at <.nul.x>: nil pointer evaluating interface {}.x',
  ],
  [
    "{{ .m.c.d.e.f }}",
    'template: tpl:1:5: executing "tpl" at <.m.c.d.e.f>: can\'t evaluate field e in type interface {}',
  ],
  [
    "{{ .t.x }}",
    'template: tpl:1:5: executing "tpl" at <.t.x>: can\'t evaluate field x in type interface {}',
  ],
  [
    "{{ $a := 1 }}{{ $a.b }}",
    'template: tpl:1:18: executing "tpl" at <$a.b>: can\'t evaluate field b in type int',
  ],
  [
    "{{ len }}",
    'template: tpl:1:3: executing "tpl" at <len>: wrong number of args for len: want 1 got 0',
  ],
  [
    "{{ index nil 1 }}",
    'template: tpl:1:3: executing "tpl" at <index nil 1>: error calling index: index of untyped nil',
  ],
  [
    "{{ gt 1 nil }}",
    'template: tpl:1:3: executing "tpl" at <gt 1 nil>: error calling gt: invalid type for comparison',
  ],
  ["{{ printf nil }}", 'template: tpl:1:10: executing "tpl" at <nil>: cannot assign nil to string'],
  [
    "{{ upper . }}",
    'template: tpl:1:9: executing "tpl" at <.>: wrong type for value; expected string; got map[string]interface {}',
  ],
  [
    '{{ trunc "3" .name }}',
    'template: tpl:1:9: executing "tpl" at <"3">: expected integer; found "3"',
  ],
  [
    '{{ nindent "a" "b" }}',
    'template: tpl:1:11: executing "tpl" at <"a">: expected integer; found "a"',
  ],
  [
    '{{ replace "a" "b" }}',
    'template: tpl:1:3: executing "tpl" at <replace>: wrong number of args for replace: want 3 got 2',
  ],
  [
    "{{ .l | index 0 }}",
    'template: tpl:1:8: executing "tpl" at <index 0>: error calling index: can\'t index item of type int',
  ],
  [
    "{{ .n.x }}",
    'template: tpl:1:5: executing "tpl" at <.n.x>: can\'t evaluate field x in type interface {}',
  ],
  [
    "{{ (.n).x }}",
    'template: tpl:1:4: executing "tpl" at <.n>: can\'t evaluate field x in type float64',
  ],
  [
    "{{ with .n }}{{ .x }}{{ end }}",
    'template: tpl:1:16: executing "tpl" at <.x>: can\'t evaluate field x in type float64',
  ],
  [
    "{{ range .nums }}{{ .x }}{{ end }}",
    'template: tpl:1:20: executing "tpl" at <.x>: can\'t evaluate field x in type interface {}',
  ],
  [
    "{{ range $k, $v := .m }}{{ $v.q }}{{ end }}",
    'template: tpl:1:29: executing "tpl" at <$v.q>: can\'t evaluate field q in type interface {}',
  ],
  ['{{ define "q" }}{{ $z }}{{ end }}{{ $z := 1 }}', 'template: tpl:1: undefined variable "$z"'],
  ["{{ if .t }}{{ $w := 1 }}{{ end }}{{ $w }}", 'template: tpl:1: undefined variable "$w"'],
  [
    "é{{ .nul.x }}",
    'template: tpl:1:9: executing "tpl" at <.nul.x>: nil pointer evaluating interface {}.x',
  ],
  [
    '{{ "é" | upper | len }} {{ .nul.x }}',
    'template: tpl:1:32: executing "tpl" at <.nul.x>: nil pointer evaluating interface {}.x',
  ],
];

Deno.test("templates of the language give the texts that Go gives", () => checkTexts(TEXTS));

Deno.test("templates of the language give the faults that Go gives", () => checkFaults(FAULTS));

Deno.test("templates stay within limits", () => {
  const fault = (template: string) => {
    let message = "";
    try {
      renderTemplate(template, DATA);
    } catch (error) {
      message = (error as Error).message;
    }
    return message;
  };
  assertMatch(
    fault(`{{ define "R" }}{{ template "R" }}{{ end }}{{ template "R" }}`),
    /maximum template depth/,
  );
  assertMatch(fault("{{ range 100000000 }}{{ end }}"), /steps/);
  assertMatch(fault(`{{ repeat 1000000000 "x" }}`), /error calling repeat: .*larger/);
  assertMatch(fault("{{ until 1000000000 }}"), /larger/);
  assertMatch(fault(`{{ $s := "x" }}{{ range 30 }}{{ $s = print $s $s }}{{ end }}`), /larger/);
  assertMatch(
    fault(`{{ $l := list 1 }}{{ range 60 }}{{ $l = list $l $l }}{{ end }}{{ $l }}`),
    /larger/,
  );
  assertMatch(fault(`{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $d }}`), /nested deeper/);
  assertMatch(fault("{{ " + "(".repeat(2000) + "1"), /max expression depth/);
  assertMatch(fault("{{ if .t }}".repeat(2000)), /max block depth/);
});

Deno.test("templates do not change the data that they are given", () => {
  const data = { m: { a: 1 } };
  assertEquals(renderTemplate(`{{ $_ := set .m "b" 2 }}{{ .m }}`, data), "map[a:1 b:2]");
  assertEquals(data, { m: { a: 1 } });
});
