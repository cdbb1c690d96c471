// The JavaScript client library, under Deno, against a fake cluster of its own.

import { assertEquals } from "@std/assert";
import { FakeCluster } from "../../mod.ts";

Deno.test("the JavaScript client lists, watches, patches and applies", async () => {
  await using cluster = await FakeCluster.start();
  const kubeconfig = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(kubeconfig, await cluster.kubeconfig());
    const program = new URL("./main.mjs", import.meta.url).pathname;
    const output = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", program, kubeconfig],
    }).output();
    const text = new TextDecoder().decode(output.stdout);
    assertEquals([output.code, text.match(/^FAIL .*$/gm)], [0, null], text);
  } finally {
    await Deno.remove(kubeconfig);
  }
});
