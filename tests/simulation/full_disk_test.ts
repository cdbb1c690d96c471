// `capim up --data-dir` on a disk that is full: what cannot be kept is
// refused, what was acknowledged is there when there is room again.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { UpProcess } from "./up_process.ts";

const COLLECTION = "/api/v1/namespaces/default/configmaps";
const VALUE = "x".repeat(500_000);
const FILE_BYTES_MAX = 6 * 1024 * 1024;
const WRITES_MAX = 60;

/** Makes objects until one is refused. Answers the names of those that were acknowledged. */
async function fill(up: UpProcess): Promise<string[]> {
  const acknowledged: string[] = [];
  while (acknowledged.length < WRITES_MAX) {
    const name = `large-${acknowledged.length}`;
    const answer = await up.send("POST", COLLECTION, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data: { value: VALUE },
    });
    if (answer?.status !== 201) {
      assertEquals(answer?.status, 500, JSON.stringify(answer));
      return acknowledged;
    }
    acknowledged.push(name);
  }
  throw new Error(`${WRITES_MAX} objects found room`);
}

async function names(up: UpProcess): Promise<string[]> {
  const answer = await up.send("GET", COLLECTION);
  const { items } = answer!.body as unknown as { items: { metadata: { name: string } }[] };
  return items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith("large-"));
}

Deno.test("a full disk refuses writes and loses none that was acknowledged", async () => {
  const folder = await Deno.makeTempDir({ prefix: "capim-full-" });
  let log = "";
  try {
    let acknowledged: string[];
    {
      const told = (text: string) => void (log += text);
      await using up = await UpProcess.start(folder, { file_bytes_max: FILE_BYTES_MAX, told });
      acknowledged = (await fill(up)).sort();
      assert(acknowledged.length > 0);
      assertEquals(await names(up), acknowledged, "what was refused has not happened");
    }
    assertMatch(log, /Clusters cannot be kept: writes to them are refused/);
    await using up = await UpProcess.start(folder);
    assertEquals(await names(up), acknowledged);
    const answer = await up.send("DELETE", `${COLLECTION}/${acknowledged[0]}`);
    assertEquals(answer?.status, 200);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
