// Holds the shape of the house: imports point downwards, and time and chance
// enter through one file each (docs/architecture.md).

import { assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

/** What each room may import beside itself. */
const ROOMS: Record<string, readonly string[]> = {
  runtime: [],
  // Types of objects only.
  manifests: ["runtime"],
  apiserver: ["runtime"],
  etcd: ["runtime"],
  webhooks: ["runtime"],
  remote: ["runtime"],
  serving: ["runtime", "webhooks"],
  controllers: ["runtime", "webhooks"],
  clusters: ["runtime", "apiserver", "etcd", "controllers", "webhooks", "manifests"],
  // The public face: mod.ts alone.
  ".": ["runtime", "apiserver", "webhooks", "clusters"],
  cmd: [
    "runtime",
    "apiserver",
    "etcd",
    "controllers",
    "webhooks",
    "manifests",
    "remote",
    "serving",
    "clusters",
    ".",
  ],
};

async function* sources(folder: URL): AsyncGenerator<URL> {
  for await (const entry of Deno.readDir(folder)) {
    const url = new URL(entry.name + (entry.isDirectory ? "/" : ""), folder);
    if (entry.isDirectory) yield* sources(url);
    else if (entry.name.endsWith(".ts") && !entry.name.endsWith("_test.ts")) {
      yield url;
    }
  }
}

async function* productSources(): AsyncGenerator<
  { room: string; path: string; url: URL; text: string }
> {
  for (const room of Object.keys(ROOMS)) {
    if (room === ".") continue;
    for await (const url of sources(new URL(`${room}/`, ROOT))) {
      yield {
        room,
        path: url.href.slice(ROOT.href.length),
        url,
        text: await Deno.readTextFile(url),
      };
    }
  }
  for await (const entry of Deno.readDir(ROOT)) {
    if (!entry.isFile || !entry.name.endsWith(".ts") || entry.name.endsWith("_test.ts")) continue;
    const url = new URL(entry.name, ROOT);
    yield {
      room: ".",
      path: entry.name,
      url,
      text: await Deno.readTextFile(url),
    };
  }
}

const IMPORT = /(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g;

const RELATIVE = /"(\.{1,2}\/[^"]+\.ts)"/g;

function roomOf(url: URL): string {
  const [first = "", second] = url.href.slice(ROOT.href.length).split("/");
  return second === undefined ? "." : first;
}

Deno.test("imports point downwards", async () => {
  const wrong: string[] = [];
  for await (const { room, path, url, text } of productSources()) {
    for (const [, target = ""] of text.matchAll(IMPORT)) {
      // The package's version, which any room may tell.
      if (target.endsWith("/deno.json")) continue;
      const to = roomOf(new URL(target, url));
      if (to !== room && !ROOMS[room]?.includes(to)) {
        wrong.push(`${path} imports ${target}`);
      }
    }
  }
  assertEquals(wrong, []);
});

Deno.test("what only tests need is not published", async () => {
  const { publish } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const used = new Set<string>(publish.exclude.map((path: string) => new URL(path, ROOT).href));
  const own: string[] = [];
  for await (const { url, text } of productSources()) {
    for (const [, target = ""] of text.matchAll(RELATIVE)) used.add(new URL(target, url).href);
    if (url.pathname.includes("/_")) own.push(url.href);
  }
  // A file named `_x_for_test.ts` is a test to all who look at names.
  assertEquals(own.filter((href) => !used.has(href)), []);
});

const IMPURE: [RegExp, string][] = [
  [/\bDate\.now\(|\bnew Date\(\)/, "runtime/clock.ts"],
  [/\bperformance\.now\(/, "runtime/clock.ts"],
  // A stream's own method of that name watches over input and output, which no virtual clock moves.
  [/(?:^|[^.\w]|globalThis\.)set(?:Timeout|Interval)\(/m, "runtime/clock.ts"],
  [/\bMath\.random\(|\bcrypto\.randomUUID\(/, "runtime/random.ts"],
];

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}

Deno.test("time and chance are arguments", async () => {
  const wrong: string[] = [];
  for await (const { path, text } of productSources()) {
    const code = withoutComments(text);
    for (const [pattern, home] of IMPURE) {
      if (path !== home && pattern.test(code)) {
        wrong.push(`${path}: ${pattern.source} belongs in ${home}`);
      }
    }
  }
  assertEquals(wrong, []);
});

const LOAD = /load<typeof import\("([^"]+)"\)>\(\s*import\.meta\.resolve\("([^"]+)"\)/g;

Deno.test("what commands load is listed for programs that need it beforehand", async () => {
  const cmd = new URL("cmd/", ROOT);
  const loads = new Set<string>();
  for await (const url of sources(cmd)) {
    const text = await Deno.readTextFile(url);
    assertEquals(text.match(/await import\("\./g), null, `${url} imports instead of loading`);
    for (const [, type, target = ""] of text.matchAll(LOAD)) {
      if (url.pathname.endsWith("/load.ts")) continue;
      assertEquals(target, type);
      loads.add(new URL(target, url).href);
    }
  }
  const list = new URL("loaded.ts", cmd);
  const text = await Deno.readTextFile(list);
  const listed = [...text.matchAll(IMPORT)].map(([, target = ""]) => new URL(target, list).href);
  assertEquals(listed.sort(), [...loads].sort());
});
