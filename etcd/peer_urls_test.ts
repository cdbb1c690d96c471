import { assertEquals, assertThrows } from "@std/assert";
import { peerUrlsOf } from "./peer_urls.ts";

// As a real etcd 3.6.14 takes them.
const TAKEN: [given: string, kept: string][] = [
  ["http://127.0.0.1:80", "http://127.0.0.1:80"],
  ["https://host:443", "https://host:443"],
  ["http://:2380", "http://:2380"],
  ["http://host:99999", "http://host:99999"],
  ["http://[::1]:2380", "http://[::1]:2380"],
  ["HTTP://host:1", "http://host:1"],
  [" http://host:1 ", "http://host:1"],
  ["unix://socket", "unix://socket"],
];
const REFUSED = ["http://host", "http://host:1/", "host:1", "http://host:abc", "ftp://host:1", ""];

Deno.test("peerUrlsOf() takes addresses with a port, and nothing behind it", () => {
  for (const [given, kept] of TAKEN) assertEquals(peerUrlsOf([given]), [kept]);
  for (const given of REFUSED) {
    assertThrows(
      () => peerUrlsOf(["http://host:1", given]),
      Error,
      "etcdserver: given member URLs are invalid",
    );
  }
  assertThrows(() => peerUrlsOf([]), Error, "etcdserver: given member URLs are invalid");
});

Deno.test("peerUrlsOf() puts URLs in order, unless they are to stay", () => {
  const given = ["http://x:2", "http://x:1"];
  assertEquals(peerUrlsOf(given), ["http://x:1", "http://x:2"]);
  assertEquals(peerUrlsOf(given, { keepOrder: true }), given);
});
