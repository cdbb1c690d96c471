// Takes out of kubectl's output what no two runs have in common: ages, times, uids, resource
// versions, addresses, ports, folders; and the prose of `explain`, which a fake does not carry.

/** What belongs to one run. */
export interface Run {
  /** The server's address, `https://127.0.0.1:12345`. */
  readonly server: string;
  /** The working folder. */
  readonly folder: string;
}

/** Masks of things whose width varies: columns beside them are set apart by two spaces. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/(?<=^|[\s(])(?:\d+[smhdy]){1,2}(?=[\s)]|$)/gm, "<age>"],
  [/\b10\.(?:9[6-9]|10\d|11[01])\.\d+\.\d+\b/g, "<ip>"],
  [/(?<![\d.-])3[0-2]\d{3}(?=$|[\s/",}])/gm, "<port>"],
  [/(\bResource ?Version:? +)[1-9]\d*/gi, "$1<rv>"],
];

const FIXED: readonly (readonly [RegExp, string])[] = [
  // What client-go tells of watches that were cut, which is a matter of timing.
  [/^[EWI]\d{4} .* reflector\.go:\d+\].*watch ended with error.*\n/gm, ""],
  [/^([EWIF])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ ([\w.]+):\d+\]/gm, "$1<log> $2]"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "<uid>"],
  [/\b20(?:2[5-9]|[3-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, "<time>"],
  [/\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [+-]\d{4}(?: UTC)?/g, "<time>"],
  [/\b\w{3}, \d\d \w{3} 20\d\d \d\d:\d\d:\d\d [+-]\d{4}/g, "<time>"],
  [/(resourceVersion\\?"?: ?\\?"?)[1-9]\d*/g, "$1<rv>"],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, "<token>"],
  [/X509SHA256=[0-9a-f]{64}/g, "X509SHA256=<hash>"],
  [/\bkube-api-access-[a-z0-9]{5}\b/g, "kube-api-access-<random>"],
  [/\b(LIVE|MERGED)-\d+/g, "$1-<n>"],
  // The program's own name, with its version where it is installed so.
  [/\bkubectl\.1\.\d+\b/g, "kubectl"],
  [/\bkubectl-edit-\d+/g, "kubectl-edit-<n>"],
];

/** One output of one command. */
export function normalise(text: string, run: Run, masks: readonly (readonly [string, string])[]) {
  let out = text.replaceAll(run.folder, "<dir>").replaceAll(run.server, "https://<server>")
    .replaceAll(run.server.replace("https://", ""), "<server>");
  for (const [pattern, to] of FIXED) out = out.replace(pattern, to);
  const before = out;
  for (const [pattern, to] of VARYING) out = out.replace(pattern, to);
  for (const [pattern, to] of masks) out = out.replace(new RegExp(pattern, "gm"), to);
  if (out === before) return out;
  return out.replace(/(?<=\S) {2,}/g, "  ").replace(/ +$/gm, "");
}

/** What `explain` says without its prose: headings, fields and the values of enums. */
export function withoutProse(text: string): string {
  const kept = text.split("\n").filter((line) =>
    line === "" || /^[A-Z]+:/.test(line) || /\t<.+>/.test(line) || /^ *enum: /.test(line)
  );
  return kept.join("\n").replace(/\n{2,}/g, "\n");
}
