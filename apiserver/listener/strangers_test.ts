import { assertEquals } from "@std/assert";
import { StrangerLimit } from "./strangers.ts";

const stranger = (name: string, gone: string[]) => ({ destroy: () => gone.push(name) });

Deno.test("StrangerLimit hangs up on the oldest of whoever has most", () => {
  const gone: string[] = [];
  const limit = new StrangerLimit(4);
  const [crowd, quiet] = [limit.strangers(), limit.strangers()];
  quiet.add(stranger("quiet", gone));
  for (const name of ["a", "b", "c", "d", "e"]) crowd.add(stranger(name, gone));
  assertEquals(gone, ["a", "b"]);
  assertEquals([crowd.size, quiet.size], [3, 1]);
});

Deno.test("StrangerLimit does not count connections that have asked, or are over", () => {
  const gone: string[] = [];
  const limit = new StrangerLimit(2);
  const group = limit.strangers();
  for (let i = 0; i < 10; i++) {
    const one = stranger(String(i), gone);
    group.add(one);
    group.delete(one);
  }
  assertEquals(gone, []);
  assertEquals(group.size, 0);
});
