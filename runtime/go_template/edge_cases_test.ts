import { type Case, checkFaults, checkTexts } from "./cases_test.ts";

const TEXTS: readonly Case[] = [
  ['{{ .builtin.cluster.topology.version | trimPrefix "v" | splitList "." | first }}', "1"],
  ["{{ $v := semver .ver }}{{ if ge ($v.Minor | int) 30 }}new{{ end }}", "new"],
  ['{{ printf "%v" (semver "v1.2.3") }}', "1.2.3"],
  ["{{ range $k, $_ := .m }}{{ $k }}{{ end }}", "abc"],
  ['{{ range $_, $v := .objs }}{{ if hasKey $v "v" }}{{ $v.v }}{{ end }}{{ end }}', "1"],
  ["{{- with $x := .name -}} {{ $x }} {{- end -}}", "kind"],
  ["{{ if not (or .no .e) }}ok{{ end }}", "ok"],
  ['{{ if and .t (not .no) (eq .name "kind") }}ok{{ end }}', "ok"],
  ['{{ $x := "a" }}{{ range .l }}{{ $x = . }}{{ end }}{{ $x }}', "c"],
  ["{{ $x := 1 }}{{ if .t }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}", "21"],
  ["{{ range $i, $_ := .l }}{{ if $i }}, {{ end }}{{ . }}{{ end }}", "b, a, c"],
  ["{{ $i := 0 }}{{ $e := 0 }}{{ range $i, $e = .l }}{{ end }}{{ $i }}{{ $e }}", "2c"],
  [
    "{{ .  }}",
    "map[big:1e+06 builtin:map[cluster:map[name:my topology:map[version:v1.30.0]] machineDeployment:map[replicas:3]] e: el:[] em:map[] f:2.5 l:[b a c] m:map[a:x b:2 c:map[d:[1 map[k:v]]]] mixed:[<nil> 1 s true] n:3 name:kind no:false nul:<nil> nums:[1 2 3] objs:[map[name:a v:1] map[name:b]] t:true u:héé ver:v1.31.2 z:0]",
  ],
  [
    "{{ . | toJson }}",
    '{"big":1000000,"builtin":{"cluster":{"name":"my","topology":{"version":"v1.30.0"}},"machineDeployment":{"replicas":3}},"e":"","el":[],"em":{},"f":2.5,"l":["b","a","c"],"m":{"a":"x","b":2,"c":{"d":[1,{"k":"v"}]}},"mixed":[null,1,"s",true],"n":3,"name":"kind","no":false,"nul":null,"nums":[1,2,3],"objs":[{"name":"a","v":1},{"name":"b"}],"t":true,"u":"héé","ver":"v1.31.2","z":0}',
  ],
  ["{{ $ | toJson | len }}", "379"],
  ["{{ .name\n| upper }}", "KIND"],
  ["{{ index .m.c.d 1 | toJson }}", '{"k":"v"}'],
  ["{{ (index .m.c.d 1).k }}", "v"],
  ["{{ ((.m).c).d }}", "[1 map[k:v]]"],
  ['{{ printf "%08.3f|%+.1e|%g" 3.14159 12345.678 0.00001 }}', "0003.142|+1.2e+04|1e-05"],
  ['{{ printf "%v %v" 1e6 1.0 }}', "1e+06 1"],
  ['{{ printf "%t" "x" }}', "%!t(string=x)"],
  [
    '{{ printf "%s %v %d" .nums .nums .nums }}',
    "[%!s(float64=1) %!s(float64=2) %!s(float64=3)] [1 2 3] [%!d(float64=1) %!d(float64=2) %!d(float64=3)]",
  ],
  ['{{ printf "%q" "é\\u200b" }}', '"é\\u200b"'],
  ['{{ printf "%+q %#q" "é" "a" }}', '"\\u00e9" `a`'],
  ['{{ printf "%6d|%-6d|%06d" -42 -42 -42 }}', "   -42|-42   |-00042"],
  ['{{ printf "%o %O %b %#o" 8 8 5 8 }}', "10 0o10 101 010"],
  ['{{ printf "%10.3s|" "abcdef" }}', "       abc|"],
  ['{{ printf "%v" nil }}', "<nil>"],
  ['{{ printf "%05s" "ab" }}', "000ab"],
  ['{{ printf "%x" -255 }}', "-ff"],
  ['{{ printf "%.3d" 5 }}', "005"],
  ['{{ printf "%e" 0.0 }}', "0.000000e+00"],
  ['{{ printf "%G" 1e-10 }}', "1E-10"],
  ['{{ printf "%.3g" 1234.5678 }}', "1.23e+03"],
  ['{{ printf "%!" }}', "%!!(MISSING)"],
  ['{{ printf "%[1]d" 1 }}', "1"],
  ['{{ printf "%[2]d %[1]d" 1 2 }}', "2 1"],
  ['{{ printf "%#v" "a" }}', '"a"'],
  ['{{ printf "%#v" 1 }}', "1"],
  ['{{ printf "%s" 1.5 }}', "%!s(float64=1.5)"],
  ['{{ printf "%d" .nul }}', "%!d(<nil>)"],
  ['{{ printf "%6v|%-6v|" .t .nul }}', "  true|<nil> |"],
  ['{{ printf "%5t|" true }}', " true|"],
  ['{{ printf "%T %T %T" 1 "a" .f }}', "int string float64"],
  ['{{ printf "%-5v|" .l }}', "[b     a     c    ]|"],
  ['{{ printf "%5.1f|" .nums }}', "[  1.0   2.0   3.0]|"],
  ['{{ printf "%c" "a" }}', "%!c(string=a)"],
  [
    '{{ printf "%.1f" 2.25 }} {{ printf "%.0f" 2.5 }} {{ printf "%.0f" 0.5 }} {{ printf "%.2f" 1.005 }}',
    "2.2 2 0 1.00",
  ],
  ["{{ print .nul }}", "<nil>"],
  ["{{ print }}", ""],
  ["{{ println }}", "\n"],
  ['{{ html .nul }} {{ html 1 "a" }}', "&lt;no value&gt; 1a"],
  ['{{ js .u }} {{ urlquery "~-_.!*\'()" }}', "héé ~-_.%21%2A%27%28%29"],
  ['{{ not 0 }} {{ not "" }} {{ not .em }}', "true true true"],
  ["{{ ne .nul nil }} {{ ne 1 2 }}", "false true"],
  ['{{ eq (index "abc" 0) 97 }}', "true"],
  ["{{ eq .el nil }}", "false"],
  ['{{ define "A" }}{{ end }}{{ define "A" }}x{{ end }}{{ template "A" }}', "x"],
  ['{{ define "A" }}{{ range . }}{{ . }}{{ end }}{{ end }}{{ template "A" .l }}', "bac"],
  ["{{ with .m }}{{ $.name }}{{ .a }}{{ end }}", "kindx"],
  ["{{ with index .objs 0 }}{{ .name }}{{ end }}", "a"],
  ["{{ .name | }}", "kind"],
  ["{{ $x:=1 }}{{ $x }}", "1"],
  ["{{ $x :=1}}", ""],
  ["{{ '\\n' }} {{ '\\x41' }} {{ '\\'' }}", "10 65 39"],
  ["{{ 0x1p4 }}", "16"],
  ['{{ trunc 1e1 "abcdefghijklmn" }}', "abcdefghij"],
  ["{{ round 1.5 1 0.1 }}", "1.5"],
  ['{{ round "x" 1 }}', "0"],
  ["{{ int .l }} {{ float64 .t }} {{ int -7.9 }} {{ int 1e30 }}", "0 1 -7 -9223372036854775808"],
  ["{{ div -7 2 }} {{ mod -7 2 }}", "-3 -1"],
  ['{{ add "1" "x" .nul }}', "1"],
  ['{{ max -1 }} {{ min 3 "2" }}', "-1 2"],
  ['{{ floor -1.5 }} {{ ceil "1.2" }} {{ round -1.5 0 }} {{ round 123.456 -1 }}', "-2 2 -2 120"],
  ['{{ toJson (dict "z" 1.5 "a" (list) "n" .nul) }}', '{"a":[],"n":null,"z":1.5}'],
  [
    '{{ toPrettyJson (dict "a" (list 1 (dict "b" 2)) "e" (dict)) }}',
    '{\n  "a": [\n    1,\n    {\n      "b": 2\n    }\n  ],\n  "e": {}\n}',
  ],
  ['{{ toJson "é\\u2028\\x01\\"" }}', '"é\\u2028\\u0001\\""'],
  [
    '{{ fromJson "{\\"a\\":null}" | toJson }} {{ fromJson "1" }} {{ fromJson "\\"x\\"" }}',
    '{"a":null} 1 x',
  ],
  ['{{ join "," (list 1 2.5 "x" true) }}', "1,2.5,x,true"],
  [
    '{{ trim "\\u00a0x\\n" }}|{{ title "éa ba" }} {{ upper "straße" }} {{ lower "ÀÉ" }}',
    "x|Éa Ba STRAßE àé",
  ],
  ['{{ trimAll "abc" "abcxcba" }} {{ trimall "-" "-a-" }}', "x a"],
  [
    '{{ splitList "" "ab" }} {{ splitList "," "" | len }} {{ split "," "" | toJson }}',
    '[a b] 1 {"_0":""}',
  ],
  [
    '{{ splitn "," 0 "a,b" | toJson }} {{ splitn "," -1 "a,b,c" | toJson }}',
    '{} {"_0":"a","_1":"b","_2":"c"}',
  ],
  [
    '{{ abbrev 5 "abc" }} {{ abbrev 8 "hello world" }} {{ abbrevboth 0 5 "hello world" }}',
    "abc hello... he...",
  ],
  ["{{ trunc 2 .u }}", "h�"],
  ["{{ substr 0 3 .u }}", "hé"],
  [
    '{{ wrap 3 "a bb ccc dddd" | quote }} {{ wrapWith 3 "" "abcdefgh" | quote }}',
    '"a\\nbb\\nccc\\ndddd" "abc\\ndef\\ngh"',
  ],
  ['{{ nospace "a\\tb\\nc" }} {{ initials "" }} {{ swapcase "" }}', "abc  "],
  [
    '{{ regexReplaceAll "(?P<x>a)" "banana" "<${x}>" }} {{ regexReplaceAll "a" "banana" "$$" }} {{ regexReplaceAll "a" "banana" "$0$9" }}',
    "b<a>n<a>n<a> b$n$n$ banana",
  ],
  ['{{ regexFindAll "z" "a" -1 | toJson }} {{ regexFindAll "a" "aaa" 0 | toJson }}', "null null"],
  [
    '{{ regexSplit "a" "" -1 | toJson }} {{ regexSplit "b" "abc" 0 | toJson }} {{ regexSplit "a" "aba" -1 | toJson }} {{ regexSplit "b*" "abbc" -1 | toJson }}',
    '[""] null ["","b",""] ["a","c"]',
  ],
  [
    '{{ mustRegexMatch "a" "b" }} {{ mustRegexReplaceAll "a" "a" "b" }} {{ regexReplaceAll "(?i)A" "aA" "x" }}',
    "false b xx",
  ],
  [
    '{{ semverCompare ">= 1.19, < 1.21" "v1.20.3" }} {{ semverCompare "1.2.3" "1.2.3" }} {{ semverCompare "=1.2" "1.2.9" }} {{ semverCompare "~> 2" "2.9.1" }} {{ semverCompare "=>1, =<2" "2.5.0" }} {{ semverCompare "^0.0.3" "0.0.4" }} {{ semverCompare "^0" "0.9.0" }} {{ semverCompare "~0.0.0" "5.0.0" }}',
    "true true true true true false true true",
  ],
  [
    '{{ semverCompare "^1.x" "1.9.0" }} {{ semverCompare "1.2.*" "1.2.7" }} {{ semverCompare "!=1.x" "2.0.0" }} {{ semverCompare ">=1.0,<2" "1.5.0" }} {{ semverCompare ">1.2.3-alpha" "1.2.3-beta" }}',
    "true true true true true",
  ],
  ['{{ semver "1" }} {{ semver "v1.2" }}', "1.0.0 1.2.0"],
  ['{{ semver "01.2.3" }}', "1.2.3"],
  [
    '{{ merge .m (dict "a" "no" "new" 1) | toJson }}',
    '{"a":"x","b":2,"c":{"d":[1,{"k":"v"}]},"new":1}',
  ],
  [
    '{{ mergeOverwrite .m (dict "a" "yes" "c" (dict "d" (list 2))) | toJson }}',
    '{"a":"yes","b":2,"c":{"d":[2]}}',
  ],
  [
    '{{ merge (dict "a" 0) (dict "a" 5) (dict "a" 6) }} {{ merge (dict) (dict "x" "") | toJson }}',
    'map[a:5] {"x":""}',
  ],
  ['{{ mergeOverwrite (dict "a" (dict "b" 1)) (dict "a" 5) | toJson }}', '{"a":5}'],
  ["{{ dict 1 2 .nul 3 | toJson }}", '{"1":2,"\\u003cnil\\u003e":3}'],
  ['{{ set .m "q" 1 | toJson }} {{ .m.q }}', '{"a":"x","b":2,"c":{"d":[1,{"k":"v"}]},"q":1} 1'],
  ["{{ pick .m | toJson }} {{ omit .m | len }}", "{} 3"],
  ['{{ dig "a" "b" "d" (dict "a" (dict "b" 7)) }} {{ dig "a" 1 (dict) }}', "7 1"],
  [
    "{{ without .nums 1.0 | toJson }} {{ uniq .nums }} {{ compact .mixed | toJson }}",
    '[2,3] [1 2 3] [1,"s",true]',
  ],
  ['{{ slice .l "1" }}', "[a c]"],
  [
    '{{ typeOf (until 2) }} {{ typeOf (splitList "" "a") }} {{ typeOf (split "" "a") }} {{ typeOf (semver "1.2.3") }} {{ kindOf (semver "1.2.3") }} {{ typeIsLike "semver.Version" (semver "1.2.3") }}',
    "[]int []string map[string]string *semver.Version ptr true",
  ],
  [
    "{{ until 2 | toJson }} {{ chunk 2 (list 1 2 3) | toJson }} {{ chunk 2 (list) | toJson }}",
    "[0,1] [[1,2],[3]] []",
  ],
  ["{{ deepEqual .m (deepCopy .m) }} {{ deepEqual .nul .nul }}", "true true"],
  [
    '{{ urlParse "mailto:a@b" | toJson }}',
    '{"fragment":"","host":"","hostname":"","opaque":"a@b","path":"","query":"","scheme":"mailto","userinfo":""}',
  ],
  [
    '{{ urlParse "/a%20b?x#y" | toJson }}',
    '{"fragment":"y","host":"","hostname":"","opaque":"","path":"/a b","query":"x","scheme":"","userinfo":""}',
  ],
  [
    '{{ urlParse "a:b" | toJson }} {{ urlParse "http://[::1]:80/" | toJson }}',
    '{"fragment":"","host":"","hostname":"","opaque":"b","path":"","query":"","scheme":"a","userinfo":""} {"fragment":"","host":"[::1]:80","hostname":"::1","opaque":"","path":"/","query":"","scheme":"http","userinfo":""}',
  ],
  [
    '{{ urlJoin (dict "host" "h" "path" "x" "userinfo" "u:p") }} {{ urlJoin (dict "path" "a:b") }} {{ urlJoin (dict "scheme" "m" "opaque" "o") }}',
    "//u:p@h/x ./a:b m:o",
  ],
  [
    '{{ osBase "/a/b" }} {{ ext "a.b/c" }} {{ ext "x." }} {{ dir "/a" }} {{ dir "a//b" }} {{ clean "" }}',
    "b  . / a .",
  ],
  [
    '{{ b32dec "x" }} {{ b64dec "aGk" }} {{ b32enc "" }} {{ b32enc "abcde" }}',
    "illegal base32 data at input byte 0 illegal base64 data at input byte 0  MFRGGZDF",
  ],
  [
    '{{ sha512sum "" }}',
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
  ],
  [
    "{{ seq }} {{ seq 1 2 3 4 }} {{ seq 1 0 5 }} {{ untilStep 5 0 -2 }} {{ untilStep 1 5 0 }}",
    "   [5 3 1] []",
  ],
  [
    '{{ toDecimal "9" }} {{ toDecimal 755 }} {{ atoi "99999999999999999999" }} {{ atoi "+5" }}',
    "0 493 9223372036854775807 5",
  ],
  ['{{ plural "a" "b" (int .n) }}', "b"],
  ['{{ quote }}|{{ squote "it\'s" }}|{{ cat }}|{{ cat "%v" 1 }}', "|'it's'||%v 1"],
  ['{{ list "a" "b" | quote }}', '"[a b]"'],
  ['{{ .l | has "a" | ternary "y" "n" }}', "y"],
  ["{{ ge .builtin.machineDeployment.replicas 3.0 }} {{ gt (int .n) 2 }}", "true true"],
  [
    '{{ camelcase "kube_api server-x" }} {{ camelcase "" }} {{ camelcase "HTTP_API" }} {{ snakecase "" }} {{ kebabcase "a.B c1D22eF" }} {{ snakecase "ABC123DEF g5" }}',
    "KubeApiServerX  HttpApi  a.b-c1-d-22e-f abc123_def_g5",
  ],
  ['{{ "a" | indent 2 | trim }}', "a"],
  [
    "{{ range $i := until 3 }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ $i }}{{ else }}x{{ end }}",
    "02",
  ],
  ['{{ range $k, $v := dict "b" 1 "a" 2 }}{{ $k }}{{ $v }}{{ end }}', "a2b1"],
  ['{{ range (split "," "x,y") }}{{ . }}{{ end }}', "xy"],
  ["{{ range 0 }}x{{ else }}z{{ end }}", "z"],
  ["{{ range -1 }}x{{ else }}z{{ end }}", "z"],
  ["{{ range (add 1 1) }}{{ . }}{{ end }}", "01"],
];

const FAULTS: readonly Case[] = [
  [
    "{{ (semver .ver).Major 1 }}",
    'template: tpl:1:11: executing "tpl" at <.ver>: wrong number of args for Major: want 0 got 1',
  ],
  [
    "{{ (semver .ver).Foo }}",
    'template: tpl:1:11: executing "tpl" at <.ver>: can\'t evaluate field Foo in type *semver.Version',
  ],
  [
    "{{ $i := 0 }}{{ range $i, $e = .l }}{{ end }}",
    'template: tpl:1:31: executing "tpl" at <.l>: undefined variable: $e',
  ],
  [
    "{{ .name }}\ttab{{/* multi\nline */}}\n{{ .nul.x }}",
    'template: tpl:3:7: executing "tpl" at <.nul.x>: nil pointer evaluating interface {}.x',
  ],
  ["x\ny {{ foo }}", 'template: tpl:2: function "foo" not defined'],
  ["x\n{{ if .t }}\n{{ .a b }}", 'template: tpl:3: function "b" not defined'],
  [
    "{{ le 1 1.0 }}",
    'template: tpl:1:3: executing "tpl" at <le 1 1.0>: error calling le: incompatible types for comparison: int and float64',
  ],
  [
    '{{ gt "a" 1 }}',
    'template: tpl:1:3: executing "tpl" at <gt "a" 1>: error calling gt: incompatible types for comparison: string and int',
  ],
  [
    "{{ eq .m .m }}",
    'template: tpl:1:3: executing "tpl" at <eq .m .m>: error calling eq: non-comparable type map[a:x b:%!s(float64=2) c:map[d:[%!s(float64=1) map[k:v]]]]: map[string]interface {}',
  ],
  [
    "{{ eq .l .m }}",
    'template: tpl:1:3: executing "tpl" at <eq .l .m>: error calling eq: non-comparable types [b a c]: []interface {}, map[string]interface {}: map[a:x b:2 c:map[d:[1 map[k:v]]]]',
  ],
  [
    '{{ template "x" . }}',
    'template: tpl:1:12: executing "tpl" at <{{template "x" .}}>: template "x" not defined',
  ],
  ["{{ template 1 }}", 'template: tpl:1: unexpected "1" in template clause'],
  ['{{ block "B" }}{{ end }}', "template: tpl:1: missing value for block clause"],
  ["{{ else if }}", "template: tpl:1: unexpected {{else}}"],
  ["{{ if .t }}{{ else with }}{{ end }}", "template: tpl:1: unexpected <with> in input"],
  ["{{ range }}{{ end }}", "template: tpl:1: missing value for range"],
  ["{{ with }}{{ end }}", "template: tpl:1: missing value for with"],
  ["{{ | upper }}", 'template: tpl:1: unexpected "|" in command'],
  ["{{ .name || upper }}", 'template: tpl:1: unexpected "|" in command'],
  ["{{ .name, .l }}", 'template: tpl:1: unexpected "," in operand'],
  ["{{ (.name }}", "template: tpl:1: unclosed left paren"],
  ["{{ .name) }}", "template: tpl:1: unexpected right paren"],
  ["{{ $x = 1 }}", 'template: tpl:1:8: executing "tpl" at <1>: undefined variable: $x'],
  ["{{ :x }}", "template: tpl:1: expected :="],
  ["{{ 'ab' }}", "template: tpl:1: malformed character constant: 'ab'"],
  ["{{ '' }}", "template: tpl:1: invalid syntax"],
  ["{{ 'a }}", "template: tpl:1: unterminated character constant"],
  ['{{ "\\q" }}', "template: tpl:1: invalid syntax"],
  ["{{ 99999999999999999999 }}", 'template: tpl:1: integer overflow: "99999999999999999999"'],
  [
    "{{ 9223372036854775808 }}",
    'template: tpl:1:3: executing "tpl" at <9223372036854775808>: 9223372036854775808 overflows int',
  ],
  ["{{ 0x }}", 'template: tpl:1: illegal number syntax: "0x"'],
  ["{{ 1__0 }}", 'template: tpl:1: illegal number syntax: "1__0"'],
  ["{{ 08 }}", 'template: tpl:1: integer overflow: "08"'],
  ["{{ 1e }}", 'template: tpl:1: illegal number syntax: "1e"'],
  ["{{ 1e400 }}", 'template: tpl:1: illegal number syntax: "1e400"'],
  [
    '{{ trunc 1.5 "ab" }}',
    'template: tpl:1:9: executing "tpl" at <1.5>: expected integer; found 1.5',
  ],
  ["{{ upper true }}", 'template: tpl:1:9: executing "tpl" at <true>: expected string; found true'],
  [
    '{{ hasKey "x" "y" }}',
    'template: tpl:1:10: executing "tpl" at <"x">: can\'t handle "x" for arg of type map[string]interface {}',
  ],
  [
    '{{ ternary 1 2 "x" }}',
    'template: tpl:1:15: executing "tpl" at <"x">: expected bool; found "x"',
  ],
  ["{{ ternary 1 2 1 }}", 'template: tpl:1:15: executing "tpl" at <1>: expected bool; found 1'],
  [
    '{{ mustFromJson "{" }}',
    'template: tpl:1:3: executing "tpl" at <mustFromJson "{">: error calling mustFromJson: unexpected end of JSON input',
  ],
  [
    '{{ semverCompare "" "1.0.0" }}',
    'template: tpl:1:3: executing "tpl" at <semverCompare "" "1.0.0">: error calling semverCompare: improper constraint: ',
  ],
  [
    '{{ semverCompare "1.2.3.4" "1.0.0" }}',
    'template: tpl:1:3: executing "tpl" at <semverCompare "1.2.3.4" "1.0.0">: error calling semverCompare: improper constraint: 1.2.3.4',
  ],
  [
    '{{ semver "1.2.3-01" }}',
    'template: tpl:1:3: executing "tpl" at <semver "1.2.3-01">: error calling semver: version segment starts with 0',
  ],
  [
    '{{ dig "nul" "x" "d" . }}',
    'template: tpl:1:3: executing "tpl" at <dig "nul" "x" "d" .>: error calling dig: interface conversion: interface {} is nil, not map[string]interface {}',
  ],
  [
    '{{ dig 1 "d" .m }}',
    'template: tpl:1:3: executing "tpl" at <dig 1 "d" .m>: error calling dig: interface conversion: interface {} is int, not string',
  ],
  [
    "{{ first nil }}",
    'template: tpl:1:3: executing "tpl" at <first nil>: error calling first: runtime error: invalid memory address or nil pointer dereference',
  ],
  [
    '{{ last "abc" }}',
    'template: tpl:1:3: executing "tpl" at <last "abc">: error calling last: Cannot find last on type string',
  ],
  [
    '{{ has 1 "x" }}',
    'template: tpl:1:3: executing "tpl" at <has 1 "x">: error calling has: Cannot find has on type string',
  ],
  [
    "{{ slice .l 2 1 }}",
    'template: tpl:1:3: executing "tpl" at <slice .l 2 1>: error calling slice: reflect.Value.Slice: slice index out of bounds',
  ],
  [
    '{{ urlParse "http://a/%zz" }}',
    'template: tpl:1:3: executing "tpl" at <urlParse "http://a/%zz">: error calling urlParse: unable to parse url: parse "http://a/%zz": invalid URL escape "%zz"',
  ],
  [
    '{{ urlParse "1:b" }}',
    'template: tpl:1:3: executing "tpl" at <urlParse "1:b">: error calling urlParse: unable to parse url: parse "1:b": first path segment in URL cannot contain colon',
  ],
  [
    '{{ urlJoin (dict "host" 1) }}',
    'template: tpl:1:3: executing "tpl" at <urlJoin (dict "host" 1)>: error calling urlJoin: unable to parse host key, must be of type string, but int found',
  ],
  [
    '{{ plural "a" "b" .n }}',
    'template: tpl:1:18: executing "tpl" at <.n>: wrong type for value; expected int; got float64',
  ],
  [
    "{{ coalesce }} {{ default }}",
    'template: tpl:1:18: executing "tpl" at <default>: wrong number of args for default: want at least 1 got 0',
  ],
  [
    "{{ hello 1 }}",
    'template: tpl:1:3: executing "tpl" at <hello>: wrong number of args for hello: want 0 got 1',
  ],
  [
    "{{ range .t }}{{ end }}",
    'template: tpl:1:9: executing "tpl" at <.t>: range can\'t iterate over true',
  ],
  ["{{ break 1 }}", 'template: tpl:1: unexpected "1" in {{break}}'],
  ["{{ range .l }}{{ break x }}{{ end }}", 'template: tpl:1: unexpected "x" in {{break}}'],
  ["{{ end x }}", 'template: tpl:1: unexpected "x" in end'],
  ["{{ with $a, $b := .l }}{{ end }}", "template: tpl:1: too many declarations in with"],
  [
    "{{ call }}",
    'template: tpl:1:3: executing "tpl" at <call>: wrong number of args for call: want at least 1 got 0',
  ],
  [
    "{{ .name | call }}",
    'template: tpl:1:11: executing "tpl" at <call>: error calling call: non-function kind of type string',
  ],
  [
    "{{ call 1 2 }}",
    'template: tpl:1:3: executing "tpl" at <call 1 2>: error calling call: non-function 1 of type int',
  ],
];

Deno.test("templates at the edges of what is allowed give the texts that Go gives", () => {
  checkTexts(TEXTS);
});

Deno.test("templates beyond the edges of what is allowed give the faults that Go gives", () => {
  checkFaults(FAULTS);
});
