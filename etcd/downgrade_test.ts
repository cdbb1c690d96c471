import { assertEquals, assertThrows } from "@std/assert";
import { Downgrade } from "./downgrade.ts";
import { EtcdError } from "./errors.ts";

const [VALIDATE, ENABLE, CANCEL] = [0, 1, 2];

Deno.test("Downgrade.act() allows the version one below and one at a time", () => {
  const downgrade = new Downgrade("3.6.4");
  const refused = (action: number, version: string) =>
    assertThrows(() => downgrade.act(action, version), EtcdError).message;
  downgrade.act(VALIDATE, "3.5");
  downgrade.act(VALIDATE, "3.5.1");
  for (const version of ["3.4", "3.6", "2.5"]) {
    assertEquals(refused(VALIDATE, version), "etcdserver: invalid downgrade target version");
  }
  assertEquals(refused(ENABLE, "abc"), "etcdserver: wrong downgrade target version format");
  downgrade.act(CANCEL, "");
  downgrade.act(ENABLE, "3.5");
  assertEquals(downgrade.target, "3.5.0");
  assertEquals(refused(VALIDATE, "3.5"), "etcdserver: cluster has a downgrade job in progress");
  downgrade.act(CANCEL, "");
  assertEquals(downgrade.target, undefined);
  assertEquals(refused(7, "3.5"), "etcdserver: unknown method");
});
