// Runs etcdctl's commands against an etcd of three members and writes what it
// says, without what differs from one etcd to the next: ids, names, ports,
// terms, sizes and times. A program for the suites.
// Usage: transcript.ts ETCDCTL ENDPOINTS WORK_FOLDER OUTPUT  (TLS as ETCDCTL_… in the environment)

import { COMMANDS } from "./commands.ts";

const [etcdctl = "", endpointList = "", work = "", output = ""] = Deno.args;
const endpoints = endpointList.split(",");

interface Command {
  readonly name: string;
  readonly args: readonly string[];
  readonly endpoint?: string;
  readonly input?: string;
  readonly seconds?: number;
  readonly capture?: { readonly name: string; readonly expression: RegExp };
}

interface Status {
  readonly Endpoint: string;
  readonly Status: { header: { member_id: bigint; cluster_id: bigint }; leader: bigint };
}

class Transcript {
  readonly #values = new Map<string, string>([["WORK", work]]);
  /** What stands for each text that is this etcd's own; the longest first. */
  readonly #names = new Map<string, string>();
  readonly #ids = new Map<string, string>();
  #leader = "";
  #follower = "";

  async begin(): Promise<void> {
    const { out } = await run(["endpoint", "status", "-w", "json"], { endpoints });
    const statuses: Status[] = parseWithIds(out);
    const list = await run(["member", "list", "-w", "json"], { endpoints });
    const members: { ID: bigint; name: string; peerURLs: string[]; clientURLs: string[] }[] =
      parseWithIds<{ members: never[] }>(list.out).members;
    statuses.forEach(({ Endpoint, Status }, i) => {
      const id = Status.header.member_id;
      const member = members.find(({ ID }) => ID === id);
      this.#call(id, `member-${i + 1}`);
      this.#call(Status.header.cluster_id, "cluster");
      for (const url of member?.peerURLs ?? []) this.#names.set(url, `peer-${i + 1}`);
      for (const url of member?.clientURLs ?? []) this.#names.set(url, `client-${i + 1}`);
      this.#names.set(Endpoint, `endpoint-${i + 1}`);
      if (member !== undefined) this.#names.set(member.name, `name-${i + 1}`);
      this.#values.set(`MEMBER${i + 1}`, id.toString(16));
      if (id === Status.leader) this.#leader = Endpoint;
      else this.#follower = Endpoint;
      this.#values.set(id === Status.leader ? "LEADER" : "FOLLOWER", id.toString(16));
    });
  }

  #call(id: bigint, name: string): void {
    this.#names.set(id.toString(16), name).set(String(id), name);
  }

  async command(line: string): Promise<string> {
    const command = parse(line, (name) => this.#values.get(name) ?? `no-${name}`);
    const { endpoint } = command;
    const chosen = endpoint === undefined
      ? endpoints
      : endpoint === "leader"
      ? [this.#leader]
      : endpoint === "follower"
      ? [this.#follower]
      : [endpoints[Number(endpoint) - 1] as string];
    const ask = () => run(command.args, { ...command, endpoints: chosen });
    let { code, out, error } = await ask();
    // kubectl before 1.32 stalls now and then once a client of a port-forward has hung up.
    if (`${out}${error}`.includes("context deadline exceeded")) {
      ({ code, out, error } = await ask());
    }
    if (command.capture !== undefined) {
      const [, value] = command.capture.expression.exec(out) ?? [];
      if (value !== undefined) this.#values.set(command.capture.name, value);
    }
    // Endpoints answer in any order, and members stand in that of their ids.
    const said = sortMembers(this.#normalise(`${out}${errorLines(error)}`), command.args);
    return `== ${command.name}: ${code}\n${said}\n`;
  }

  #normalise(text: string): string {
    let said = text;
    for (const [own, name] of [...this.#names].sort(([a], [b]) => b.length - a.length)) {
      said = said.replace(
        new RegExp(`(?<![0-9a-zA-Z])${RegExp.escape(own)}(?![0-9a-zA-Z])`, "g"),
        name,
      );
    }
    return said
      .replace(/\b([0-9a-f]{13,16}|[0-9]{16,20})\b/g, (id) => {
        const name = this.#ids.get(id) ?? "id";
        this.#ids.set(id, name);
        return name;
      })
      .replace(
        /("?(?:raft_?term|raftIndex|raftAppliedIndex|raft_applied_index|RaftTerm|RaftIndex|RaftAppliedIndex|dbSize|dbSizeInUse|dbSizeQuota|DBSize|DBSizeInUse|DBSizeQuota|Quota)"?\s*:\s*)[0-9]+/gi,
        "$1N",
      )
      .replace(/\b(member|endpoint|client|name|peer)-[123]\b/g, "$1-N")
      .replace(/\bclient-N\b/g, "endpoint-N")
      .replace(/\b3\.6\.[1-9][0-9]*\b/g, "VERSION")
      .replace(/\b[0-9]+(\.[0-9]+)? ?(kB|MB|GB|B)\b/g, "SIZE")
      .replace(/\bSIZE, [0-9]+%/g, "SIZE, N%")
      .replace(/(VERSION, .*(?:true|false)), [0-9]+, [0-9]+, [0-9]+,/g, "$1, TERM, INDEX, INDEX,")
      .replace(/(?<=\/election\/)(id|[0-9a-f]{12,16})\b|L2VsZWN0aW9u[A-Za-z0-9+/]+=*/g, "ELECTION")
      .replace(/\b[0-9.]+(ms|µs|s)\b/g, "TIME")
      .replaceAll(work, "WORK")
      .replace(/\bclient-N\b/g, "endpoint-N")
      .replace(/(?<=\/election\/)[0-9a-f]{12,16}\b|L2VsZWN0aW9u[A-Za-z0-9+/]+=*/g, "ELECTION")
      // Tables are as wide as what stands in them.
      .replace(/-{3,}/g, "---").replace(/ +/g, " ")
      // Tables are as wide as what stands in them.
      .replace(/-{3,}/g, "---").replace(/ +/g, " ")
      .split("\n").map((line) => line.trimEnd()).join("\n").trimEnd();
  }
}

function sortMembers(text: string, args: readonly string[]): string {
  const [first = "", second = ""] = args;
  if (first === "endpoint" || first === "member" && second === "list") {
    return text.replaceAll("},{", "},\n{").split("\n").sort().join("\n");
  }
  if (first === "lease") {
    const json = text.replace(/"ttl":\d+/, '"ttl":N')
      .replace(/(?<="keys":\[)[^\]]*/, (keys) => keys.split(",").sort().join(","));
    if (json !== text) return json;
    return text.replace(/(?<=attached keys\(\[)[^\]]*/, (keys) => keys.split(" ").sort().join(" "));
  }
  return text.replace(
    /(ETCD_INITIAL_CLUSTER=")([^"]*)"/g,
    (_, before, list) => `${before}${list.split(",").sort().join(",")}"`,
  );
}

/** JSON whose ids are too long for numbers. */
function parseWithIds<T>(text: string): T {
  const quoted = text.replace(/:(\d{9,})/g, ':"#$1"');
  return JSON.parse(
    quoted,
    (_key, value) =>
      typeof value === "string" && value.startsWith("#") ? BigInt(value.slice(1)) : value,
  );
}

function parse(line: string, value: (name: string) => string): Command {
  const colon = line.indexOf(": ");
  let rest = line.slice(colon + 2);
  const cut = (expression: RegExp): RegExpExecArray | null => {
    const match = expression.exec(rest);
    if (match !== null) {
      rest = rest.slice(0, match.index) + rest.slice(match.index + match[0].length);
    }
    return match;
  };
  const endpoint = cut(/^@(\w+) /)?.[1];
  const captured = cut(/ => ([A-Z]+) (.*)$/);
  const input = cut(/ < (.*)$/s)?.[1];
  const seconds = cut(/ for (\d+) s$/)?.[1];
  const args = (rest.match(/"[^"]*"|\S+/g) ?? []).map((word) =>
    word.replace(/^"(.*)"$/, "$1").replace(/\$([A-Z0-9]+)/g, (_, name) => value(name))
  );
  return {
    name: line.slice(0, colon),
    args,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(input === undefined ? {} : { input: input.replaceAll("\\n", "\n") }),
    ...(seconds === undefined ? {} : { seconds: Number(seconds) }),
    ...(captured === null
      ? {}
      : { capture: { name: captured[1] ?? "", expression: new RegExp(captured[2] ?? "") } }),
  };
}

/** The error itself, without the client's log. */
function errorLines(text: string): string {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("{")).join("\n");
}

async function run(
  args: readonly string[],
  options: { endpoints: readonly string[]; input?: string; seconds?: number },
): Promise<{ code: number; out: string; error: string }> {
  const child = new Deno.Command(etcdctl, {
    args: [...args],
    env: { ETCDCTL_ENDPOINTS: options.endpoints.join(",") },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { input, seconds } = options;
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input ?? ""));
  if (seconds === undefined) await writer.close();
  let ended = false;
  const timer = setTimeout(() => {
    ended = true;
    child.kill("SIGKILL");
  }, (seconds ?? 30) * 1000);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  if (seconds !== undefined) await writer.close().catch(() => {});
  const text = new TextDecoder();
  const expected = ended && seconds !== undefined;
  return { code: expected ? 0 : code, out: text.decode(stdout), error: text.decode(stderr) };
}

const transcript = new Transcript();
await transcript.begin();
const file = await Deno.open(output, { write: true, create: true, truncate: true });
for (const line of COMMANDS.split("\n")) {
  if (line.trim() === "" || line.startsWith("#")) continue;
  await file.write(new TextEncoder().encode(await transcript.command(line)));
}
file.close();
