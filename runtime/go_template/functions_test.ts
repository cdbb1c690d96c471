import { type Case, checkFaults, checkTexts } from "./cases_test.ts";

const TEXTS: readonly Case[] = [
  [
    '{{ trim "  a " }}|{{ trimAll "$" "$5$" }}|{{ trimSuffix "-" "a-" }}|{{ trimPrefix "-" "-a" }}|{{ nospace " a b " }}',
    "a|5|a|a|ab",
  ],
  [
    '{{ repeat 3 "ab" }}|{{ substr 1 3 "hello" }}|{{ substr 0 -1 "hello" }}|{{ substr -1 2 "hello" }}',
    "ababab|el|hello|he",
  ],
  [
    '{{ trunc 2 "hello" }} {{ trunc -2 "hello" }} {{ trunc 10 "hi" }} {{ trunc -10 "hi" }}',
    "he lo hi hi",
  ],
  ['{{ replace "l" "L" "hello" }} {{ replace "" "-" "ab" }}', "heLLo -a-b-"],
  [
    '{{ contains "ell" "hello" }} {{ hasPrefix "h" "hello" }} {{ hasSuffix "o" "hello" }}',
    "true true true",
  ],
  [
    '{{ quote "a" 1 .nul "b\\n" }} {{ squote "a" 1 .nul }} {{ quote .n .f .t .l }}',
    '"a" "1" "b\\n" \'a\' \'1\' "3" "2.5" "true" "[b a c]"',
  ],
  ['{{ cat "a" 1 .nul .t .l }}', "a 1 true [b a c]"],
  ['{{ indent 2 "a\\nb" }}|{{ nindent 2 "a\\nb" }}', "  a\n  b|\n  a\n  b"],
  [
    '{{ join "," .l }} {{ join "," .nums }} {{ join "," "x" }} {{ join "," .mixed }} {{ join "," .nul }}',
    "b,a,c 1,2,3 x 1,s,true ",
  ],
  [
    '{{ split "," "a,b" }} {{ (split "," "a,b")._1 }} {{ splitList "," "a,b,c" }} {{ splitn "," 2 "a,b,c" }}',
    "map[_0:a _1:b] b [a b c] map[_0:a _1:b,c]",
  ],
  ['{{ sortAlpha .l }} {{ sortAlpha "x" }} {{ sortAlpha .nums }}', "[a b c] [x] [1 2 3]"],
  [
    "{{ toString .n }} {{ toString .nul }} {{ toStrings .nums }} {{ toStrings .mixed }}",
    "3 <nil> [1 2 3] [1 s true]",
  ],
  [
    '{{ toJson .m }} {{ toJson .l }} {{ toJson .nul }} {{ toJson "<a>" }} {{ toRawJson "<a>" }}',
    '{"a":"x","b":2,"c":{"d":[1,{"k":"v"}]}} ["b","a","c"] null "\\u003ca\\u003e" "<a>"',
  ],
  [
    "{{ toPrettyJson .m }} {{ toPrettyJson .el }}",
    '{\n  "a": "x",\n  "b": 2,\n  "c": {\n    "d": [\n      1,\n      {\n        "k": "v"\n      }\n    ]\n  }\n} []',
  ],
  [
    '{{ fromJson "{\\"a\\":[1,2]}" }} {{ (fromJson "{\\"a\\":1}").a }} {{ fromJson "x" }}',
    "map[a:[1 2]] 1 <no value>",
  ],
  [
    '{{ default "d" .e }} {{ default "d" .name }} {{ default 5 .z }} {{ default "d" .nul }} {{ .e | default "p" }} {{ default "only" }}',
    "d kind 5 d p only",
  ],
  [
    "{{ empty .e }} {{ empty .name }} {{ empty .em }} {{ empty 0 }} {{ empty .no }}",
    "true false true true true",
  ],
  ["{{ coalesce .e .nul .name }} {{ coalesce .e }}", "kind <no value>"],
  ['{{ ternary "a" "b" true }} {{ ternary "a" "b" .no }} {{ .t | ternary 1 2 }}', "a b 1"],
  ["{{ all 1 .t }} {{ any 0 .e }} {{ all }} {{ any }}", "true false true false"],
  [
    '{{ list 1 "a" .nul }} {{ list }} {{ first .l }} {{ last .l }} {{ rest .l }} {{ initial .l }}',
    "[1 a <nil>] [] b c [a c] [b a]",
  ],
  [
    '{{ append .l "z" }} {{ prepend .l "z" }} {{ concat .l .nums (list 1) }}',
    "[b a c z] [z b a c] [b a c 1 2 3 1]",
  ],
  [
    "{{ first .el }} {{ rest .el }} {{ toJson (rest .el) }} {{ toJson (list) }}",
    "<no value> [] null []",
  ],
  [
    '{{ has "a" .l }} {{ has 1 .nums }} {{ has 1.0 .nums }} {{ has 1 .nul }}',
    "true false true false",
  ],
  [
    '{{ without .l "a" }} {{ uniq (list 1 1 "a" "a" 1.0) }} {{ compact (list 0 1 "" "x") }} {{ reverse .l }}',
    "[b c] [1 a 1] [1 x] [c a b]",
  ],
  [
    "{{ slice .l 1 }} {{ slice .l 1 2 }} {{ slice .l }} {{ slice .el }}",
    "[a c] [a] [b a c] <no value>",
  ],
  [
    "{{ until 3 }} {{ until -3 }} {{ untilStep 1 10 3 }} {{ seq 3 }} {{ seq 2 5 }} {{ seq 0 2 10 }} {{ seq 5 1 }} {{ seq -2 }} {{ seq 10 -3 1 }}",
    "[0 1 2] [0 -1 -2] [1 4 7] 1 2 3 2 3 4 5 0 2 4 6 8 10 5 4 3 2 1 1 0 -1 -2 10 7 4 1",
  ],
  ["{{ range until 3 }}{{ . }},{{ end }}", "0,1,2,"],
  ["{{ chunk 2 .nums }}", "[[1 2] [3]]"],
  ['{{ dict "a" 1 "b" .l }} {{ (dict "a" 1).a }} {{ dict "x" }}', "map[a:1 b:[b a c]] 1 map[x:]"],
  [
    '{{ $d := dict "a" 1 }}{{ $_ := set $d "b" 2 }}{{ $d }}{{ $_ := unset $d "a" }}{{ $d }}{{ hasKey $d "b" }}{{ get $d "b" }}{{ get $d "q" }}',
    "map[a:1 b:2]map[b:2]true2",
  ],
  ['{{ pluck "name" (index .objs 0) (index .objs 1) }}', "[a b]"],
  ['{{ pluck "name" .m (dict "name" 1) }}', "[1]"],
  [
    '{{ keys .m | sortAlpha }} {{ values (dict "a" 1) }} {{ pick .m "a" "zz" }} {{ omit .m "c" }}',
    "[a b c] [1] map[a:x] map[a:x b:2]",
  ],
  [
    '{{ merge (dict "a" 1 "e" "") (dict "a" 2 "b" 3 "e" "f") }} {{ mergeOverwrite (dict "a" 1) (dict "a" 2 "b" "") }}',
    "map[a:1 b:3 e:f] map[a:2 b:]",
  ],
  ['{{ merge (dict "m" (dict "x" 1)) (dict "m" (dict "x" 2 "y" 3)) }}', "map[m:map[x:1 y:3]]"],
  [
    '{{ mergeOverwrite (dict "m" (dict "x" 1 "q" 1)) (dict "m" (dict "x" 2 "y" 3)) (dict "z" "") }}',
    "map[m:map[q:1 x:2 y:3] z:]",
  ],
  ['{{ dig "c" "d" "def" .m }} {{ dig "c" "q" "def" .m }}', "[1 map[k:v]] def"],
  ["{{ deepCopy .m }}", "map[a:x b:2 c:map[d:[1 map[k:v]]]]"],
  [
    '{{ int "5" }} {{ int 5.9 }} {{ int .f }} {{ int64 "x" }} {{ float64 "1.5" }} {{ int "0x10" }} {{ int "08" }} {{ int true }} {{ atoi "12" }} {{ atoi "x" }} {{ int "3.0" }} {{ int "3.7" }}',
    "5 5 2 0 1.5 16 0 1 12 0 3 0",
  ],
  [
    '{{ add 1 2 .n }} {{ add1 .n }} {{ sub 5 "2" }} {{ mul 2 3 4 }} {{ div 7 2 }} {{ mod 7 3 }} {{ max 1 5 3 }} {{ min 4 2 }} {{ floor 1.7 }} {{ ceil 1.2 }} {{ round 1.2345 2 }} {{ round 2.5 0 }}',
    "6 4 3 24 3 1 5 2 1 2 1.23 3",
  ],
  ["{{ add 9223372036854775807 1 }}", "-9223372036854775808"],
  ["{{ mul .big .big .big }}", "1000000000000000000"],
  [
    '{{ b64enc "héllo" }} {{ b64dec "aGk=" }} {{ b64dec "!!" }} {{ b32enc "hi there" }} {{ b32dec "NBUQ====" }}',
    "aMOpbGxv hi illegal base64 data at input byte 0 NBUSA5DIMVZGK=== hi",
  ],
  [
    '{{ sha1sum "a" }} {{ sha256sum "a" }} {{ adler32sum "hello" }}',
    "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8 ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb 103547413",
  ],
  [
    '{{ regexMatch "^a+$" "aaa" }} {{ regexMatch "[" "a" }} {{ regexFind "b+" "abbc" }} {{ regexFindAll "[a-z]" "a1b2c" -1 }} {{ regexFindAll "[a-z]" "a1b2c" 2 }} {{ regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W" }} {{ regexReplaceAll "a(x*)b" "-ab-axxb-" "$1W" }} {{ regexReplaceAllLiteral "a(x*)b" "-ab-" "$1" }} {{ regexSplit "z+" "pizza" -1 }} {{ regexSplit "," "a,b,c" 2 }}',
    "true false bb [a b c] [a b] -W-xxW- --- -$1- [pi a] [a b,c]",
  ],
  [
    '{{ regexFindAll "a*" "baac" -1 | toJson }} {{ regexReplaceAll "x*" "abc" "-" }} {{ regexSplit "" "abc" -1 }} {{ regexQuoteMeta "1.2" }}',
    '["","aa",""] -a-b-c- [a b c] 1\\.2',
  ],
  [
    '{{ (semver .ver).Major }}.{{ (semver .ver).Minor }} {{ semver .ver }} {{ (semver "1.2.3-rc.1+b").Prerelease }} {{ (semver "1.2").Patch }}',
    "1.31 1.31.2 rc.1 0",
  ],
  [
    '{{ semverCompare ">=1.30.0" .ver }} {{ semverCompare "^1.2.0" "1.9.0" }} {{ semverCompare "~1.2" "1.3.0" }} {{ semverCompare ">1.2 <2" "1.5.0" }} {{ semverCompare "1.x" "1.5.0" }} {{ semverCompare "1.2 - 1.4" "1.3.9" }} {{ semverCompare "<1.0 || >=2" "2.1.0" }} {{ semverCompare ">=1.30.0" "1.30.0-rc.1" }} {{ semverCompare ">=1.30.0-0" "1.30.0-rc.1" }} {{ semverCompare "!=1.2" "1.2.5" }} {{ semverCompare ">1.2" "1.2.5" }} {{ semverCompare "<=1.2" "1.2.5" }} {{ semverCompare "*" "3.0.0" }} {{ semverCompare "^0.2.3" "0.3.0" }}',
    "true true false true true true true false true false false true true false",
  ],
  [
    '{{ kindOf .m }} {{ kindOf .l }} {{ kindOf .n }} {{ kindOf .name }} {{ kindOf .t }} {{ kindOf .nul }} {{ kindOf 1 }} {{ typeOf .m }} {{ typeOf .n }} {{ typeOf (list 1) }} {{ typeOf .nul }} {{ typeOf (add 1 2) }} {{ kindIs "map" .m }} {{ typeIs "string" .name }}',
    "map slice float64 string bool invalid int map[string]interface {} float64 []interface {} <nil> int64 true true",
  ],
  [
    '{{ deepEqual .l .l }} {{ deepEqual 1 1.0 }} {{ deepEqual (list "a") (splitList "," "a") }}',
    "true false false",
  ],
  [
    '{{ urlParse "https://u:p@h.com:8080/p/x?q=1#f" }}',
    "map[fragment:f host:h.com:8080 hostname:h.com opaque: path:/p/x query:q=1 scheme:https userinfo:u:p]",
  ],
  [
    '{{ urlJoin (dict "scheme" "http" "host" "h" "path" "/p q" "query" "a=b" "fragment" "f") }}',
    "http://h/p%20q?a=b#f",
  ],
  [
    '{{ base "a/b.txt" }} {{ dir "a/b.txt" }} {{ ext "a/b.txt" }} {{ clean "a/../b//c/." }} {{ isAbs "/a" }} {{ base "" }} {{ dir "" }} {{ base "/" }} {{ clean "/../a" }} {{ clean "../../a" }}',
    "b.txt a .txt b/c true . . / /a ../../a",
  ],
  [
    '{{ snakecase "FirstName" }} {{ snakecase "HTTPServer" }} {{ snakecase "http2xx" }} {{ snakecase "HTTP20xOK" }} {{ snakecase "Bld4Floor3rd" }} {{ snakecase "GO PATH" }} {{ snakecase "Duration2m3s" }} {{ kebabcase "NoHTTPS v1.2" }} {{ snakecase "a__b" }} {{ snakecase "v1" }} {{ snakecase "_x" }} {{ kebabcase "x-Y_z." }}',
    "first_name http_server http_2xx http_20x_ok bld4_floor_3rd go_path duration_2m3s no-https-v1.2 a__b v1 _x x-y-z.",
  ],
  [
    '{{ camelcase "http_server" }} {{ camelcase "_complex__case_" }} {{ camelcase "GOLANG_IS_GREAT" }} {{ camelcase "some words-x" }} {{ camelcase "__" }} {{ camelcase "a" }} {{ camelcase "fooBar" }}',
    "HttpServer _Complex_Case_ GolangIsGreat SomeWordsX ___ A FooBar",
  ],
  [
    '{{ swapcase "Hello World" }} {{ swapcase "aB cD éÀ" }} {{ initials "First Try now" }} {{ abbrev 5 "hello world" }} {{ abbrev 3 "hello" }} {{ abbrevboth 5 10 "1234 5678 9123" }} {{ wrap 10 "hello wonderful world of words" }} {{ wrapWith 5 "\\t" "Hello World abcdefghijk" }} {{ plural "one" "many" 1 }} {{ plural "one" "many" 2 }} {{ title "hello wORLD-x a_b" }} {{ untitle "Hello World" }}',
    "hELLO wORLD Ab Cd Éà FTn he... hello ...5678... hello\nwonderful\nworld of\nwords Hello\tWorld\tabcde\tfghij\tk one many Hello WORLD-X A_b hello world",
  ],
  ['{{ len (list 1 2) | plural "a" "b" }}', "b"],
  ['{{ hello }} {{ toDecimal "777" }} {{ maxf 1 2.5 }} {{ minf 1.5 2 }}', "Hello! 511 2.5 1.5"],
  ['{{ if and (hasKey .m "a") (eq .m.a "x") }}y{{ end }}', "y"],
  [
    '{{ if semverCompare ">= v1.24.0" .builtin.cluster.topology.version }}registry.k8s.io{{ else }}k8s.gcr.io{{ end }}',
    "registry.k8s.io",
  ],
  [
    'name: {{ .builtin.cluster.name }}-md\n{{- range $i, $o := .objs }}\n- {{ $o.name }}: {{ default "none" (get $o "v") }}\n{{- end }}',
    "name: my-md\n- a: 1\n- b: none",
  ],
  [
    '{{ printf "%v" .builtin.machineDeployment.replicas }} {{ .builtin.machineDeployment.replicas | int | add 2 }}',
    "3 5",
  ],
  ['{{ b64dec "aGkh" | upper | quote }}', '"HI!"'],
  ['{{ .l | join "-" | trunc 3 | trimSuffix "-" }}', "b-a"],
  ['{{ dict "a" (list 1 (dict "b" nil)) | toJson }}', '{"a":[1,{"b":null}]}'],
  ['{{ printf "%s" (dict "a" 1) }}', "map[a:%!s(int=1)]"],
  ['{{ printf "%q" .l }}', '["b" "a" "c"]'],
  ["{{ print .l .m }}", "[b a c] map[a:x b:2 c:map[d:[1 map[k:v]]]]"],
  [
    "{{ 1e21 }} {{ 1e20 }} {{ 123456789.0 }} {{ 0.00001 }} {{ 100000.0 }}",
    "1e+21 1e+20 1.23456789e+08 1e-05 100000",
  ],
  [
    "{{ toJson 1e21 }} {{ toJson 1e20 }} {{ toJson 0.0000001 }} {{ toJson .big }}",
    "1e+21 100000000000000000000 1e-7 1000000",
  ],
  ["{{ and .t 1 | print }} {{ or .e .nul | print }}", "1 <nil>"],
  ['{{ .name | eq "kind" }}', "true"],
  ["{{ .m.c.d | toJson | len }}", "13"],
  ['{{ index .mixed 0 }} {{ index .objs 0 "name" }}', "<no value> a"],
  ['{{ index "abc" 1 }}', "98"],
];

const FAULTS: readonly Case[] = [
  [
    '{{ substr 0 10 "abc" }}|{{ substr 5 10 "abc" }}',
    'template: tpl:1:27: executing "tpl" at <substr 5 10 "abc">: error calling substr: runtime error: slice bounds out of range [5:3]',
  ],
  [
    '{{ substr -1 10 "abc" }}',
    'template: tpl:1:3: executing "tpl" at <substr -1 10 "abc">: error calling substr: runtime error: slice bounds out of range [:10] with length 3',
  ],
  [
    '{{ indent -1 "a" }}',
    'template: tpl:1:3: executing "tpl" at <indent -1 "a">: error calling indent: strings: negative Repeat count',
  ],
  [
    "{{ ternary 1 2 .n }}",
    'template: tpl:1:15: executing "tpl" at <.n>: wrong type for value; expected bool; got float64',
  ],
  [
    "{{ first .name }}",
    'template: tpl:1:3: executing "tpl" at <first .name>: error calling first: Cannot find first on type string',
  ],
  [
    "{{ first .nul }}",
    'template: tpl:1:3: executing "tpl" at <first .nul>: error calling first: runtime error: invalid memory address or nil pointer dereference',
  ],
  [
    "{{ append .name 1 }}",
    'template: tpl:1:3: executing "tpl" at <append .name 1>: error calling append: Cannot push on type string',
  ],
  [
    "{{ concat .name }}",
    'template: tpl:1:3: executing "tpl" at <concat .name>: error calling concat: Cannot concat type string as list',
  ],
  [
    "{{ slice .name 1 }}",
    'template: tpl:1:3: executing "tpl" at <slice .name 1>: error calling slice: list should be type of slice or array but string',
  ],
  [
    "{{ slice .l 2 9 }}",
    'template: tpl:1:3: executing "tpl" at <slice .l 2 9>: error calling slice: reflect.Value.Slice: slice index out of bounds',
  ],
  [
    '{{ dig "a" "d" "def" .m }}',
    'template: tpl:1:3: executing "tpl" at <dig "a" "d" "def" .m>: error calling dig: interface conversion: interface {} is string, not map[string]interface {}',
  ],
  [
    '{{ dig "a" .m }}',
    'template: tpl:1:3: executing "tpl" at <dig "a" .m>: error calling dig: dig needs at least three arguments',
  ],
  [
    "{{ div 1 0 }}",
    'template: tpl:1:3: executing "tpl" at <div 1 0>: error calling div: runtime error: integer divide by zero',
  ],
  [
    "{{ mod 1 0 }}",
    'template: tpl:1:3: executing "tpl" at <mod 1 0>: error calling mod: runtime error: integer divide by zero',
  ],
  [
    '{{ regexFind "[" "a" }}',
    'template: tpl:1:3: executing "tpl" at <regexFind "[" "a">: error calling regexFind: regexp: Compile(`[`): error parsing regexp: missing closing ]: `[`',
  ],
  [
    '{{ mustRegexFind "[" "a" }}',
    'template: tpl:1:3: executing "tpl" at <mustRegexFind "[" "a">: error calling mustRegexFind: error parsing regexp: missing closing ]: `[`',
  ],
  [
    '{{ mustRegexMatch "(" "a" }}',
    'template: tpl:1:3: executing "tpl" at <mustRegexMatch "(" "a">: error calling mustRegexMatch: error parsing regexp: missing closing ): `(`',
  ],
  [
    '{{ semver "x" }}',
    'template: tpl:1:3: executing "tpl" at <semver "x">: error calling semver: invalid semantic version',
  ],
  [
    '{{ semverCompare "foo" "1.0.0" }}',
    'template: tpl:1:3: executing "tpl" at <semverCompare "foo" "1.0.0">: error calling semverCompare: improper constraint: foo',
  ],
  [
    '{{ semverCompare ">=1" "foo" }}',
    'template: tpl:1:3: executing "tpl" at <semverCompare ">=1" "foo">: error calling semverCompare: invalid semantic version',
  ],
  [
    '{{ urlParse ":x" }}',
    'template: tpl:1:3: executing "tpl" at <urlParse ":x">: error calling urlParse: unable to parse url: parse ":x": missing protocol scheme',
  ],
  [
    '{{ urlParse "http://h:x/" }}',
    'template: tpl:1:3: executing "tpl" at <urlParse "http://h:x/">: error calling urlParse: unable to parse url: parse "http://h:x/": invalid port ":x" after host',
  ],
  ["{{ toYaml .m }}", 'template: tpl:1: function "toYaml" not defined'],
  ['{{ env "HOME" }}', 'template: tpl:1: function "env" not defined'],
  ["{{ now }}", 'template: tpl:1: function "now" not defined'],
  [
    '{{ repeat -1 "x" }}',
    'template: tpl:1:3: executing "tpl" at <repeat -1 "x">: error calling repeat: strings: negative Repeat count',
  ],
  [
    '{{ set .nul "a" 1 }}',
    'template: tpl:1:7: executing "tpl" at <.nul>: wrong type for value; expected map[string]interface {}; got interface {}',
  ],
  [
    '{{ hasKey .nul "a" }} {{ get .nul "a" }}',
    'template: tpl:1:10: executing "tpl" at <.nul>: wrong type for value; expected map[string]interface {}; got interface {}',
  ],
  [
    '{{ hasKey .name "a" }}',
    'template: tpl:1:10: executing "tpl" at <.name>: wrong type for value; expected map[string]interface {}; got string',
  ],
  [
    "{{ not }}",
    'template: tpl:1:3: executing "tpl" at <not>: wrong number of args for not: want 1 got 0',
  ],
  [
    "{{ eq .m 1 }}",
    'template: tpl:1:3: executing "tpl" at <eq .m 1>: error calling eq: incompatible types for comparison: map[string]interface {} and int',
  ],
  [
    "{{ lt .l 1 }}",
    'template: tpl:1:3: executing "tpl" at <lt .l 1>: error calling lt: invalid type for comparison',
  ],
  [
    '{{ eq "a" 1 }}',
    'template: tpl:1:3: executing "tpl" at <eq "a" 1>: error calling eq: incompatible types for comparison: string and int',
  ],
  ["{{ (1).x }}", 'template: tpl:1:4: executing "tpl" at <1>: can\'t evaluate field x in type int'],
  ["{{ (nil).x }}", 'template: tpl:1:4: executing "tpl" at <nil>: nil is not a command'],
  [
    "{{ (list 1).x }}",
    'template: tpl:1:9: executing "tpl" at <1>: can\'t evaluate field x in type []interface {}',
  ],
  [
    '{{ index .mixed 0 "x" }}',
    'template: tpl:1:3: executing "tpl" at <index .mixed 0 "x">: error calling index: index of nil pointer',
  ],
  [
    '{{ index .l "a" }}',
    'template: tpl:1:3: executing "tpl" at <index .l "a">: error calling index: cannot index slice/array with type string',
  ],
  [
    "{{ index .l nil }}",
    'template: tpl:1:3: executing "tpl" at <index .l nil>: error calling index: cannot index slice/array with nil',
  ],
  [
    "{{ index .m nil }}",
    'template: tpl:1:3: executing "tpl" at <index .m nil>: error calling index: value is nil; should be of type string',
  ],
  [
    "{{ index }}",
    'template: tpl:1:3: executing "tpl" at <index>: wrong number of args for index: want at least 1 got 0',
  ],
];

Deno.test("functions of sprig give the texts that Go gives", () => checkTexts(TEXTS));

Deno.test("functions of sprig give the faults that Go gives", () => checkFaults(FAULTS));
