import { assertEquals } from "@std/assert";
import * as ip from "./ip.ts";

Deno.test("printIP() prints the canonical form", () => {
  for (
    const [text, canonical] of [
      ["10.0.0.1", "10.0.0.1"],
      ["010.000.0.01", "10.0.0.1"],
      ["::", "::"],
      ["::1", "::1"],
      ["FE80:0:0:0:0:0:0:0abc", "fe80::abc"],
      ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
      ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
      ["1:0:0:2:0:0:3:4", "1::2:0:0:3:4"],
      ["::ffff:1.2.3.4", "1.2.3.4"],
      ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
    ] as const
  ) {
    const address = ip.parseIP(text);
    assertEquals(
      address === undefined ? undefined : ip.printIP(address),
      canonical,
      text,
    );
  }
  for (
    const text of [
      "",
      "1.2.3",
      "1.2.3.256",
      "1.2.3.4.5",
      ":::",
      "1::2::3",
      "g::",
      "fe80::1%e",
      "1:2:3:4:5:6:7:8:9",
      "::1:2:3:4:5:6:7:8",
    ]
  ) {
    assertEquals(ip.parseIP(text), undefined, text);
  }
});

Deno.test("the checks of addresses answer upstream's messages", () => {
  const cases: [(value: string) => string[], string, string[]][] = [
    [ip.isValidIP, "10.0.0.1", []],
    [ip.isValidIP, "2001:DB8::1", [
      'must be in canonical form ("2001:db8::1")',
    ]],
    [ip.isValidIP, "010.0.0.1", ["must not have leading 0s"]],
    [ip.isValidIP, "::ffff:1.2.3.4", [
      "must not be an IPv4-mapped IPv6 address",
    ]],
    [ip.isValidIP, "x", [
      "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
    ]],
    [ip.isValidCIDR, "10.0.0.0/8", []],
    [ip.isValidCIDR, "10.0.0.1/8", [
      "must not have bits set beyond the prefix length",
    ]],
    [ip.isValidCIDR, "10.0.0.0/08", [
      "must not have leading 0s in IP or prefix length",
    ]],
    [ip.isValidCIDR, "10.0.0.0/33", [
      "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
    ]],
    [ip.isValidCIDR, "::/0", []],
    [ip.isValidInterfaceAddress, "10.0.0.1/8", []],
    [(value) => ip.ipWarnings("f", value), "FE80::1", [
      'f: IPv6 address "FE80::1" should be in RFC 5952 canonical format ("fe80::1")',
    ]],
    [(value) => ip.cidrWarnings("f", value), "10.0.0.1/8", [
      'f: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)',
    ]],
  ];
  for (const [check, value, messages] of cases) {
    assertEquals(check(value), messages, value);
  }
});

Deno.test("containsIP() tells whether a network holds an address", () => {
  const inside = (network: string, address: string) => {
    const [n, a] = [ip.parseCIDR(network), ip.parseIP(address)];
    return n !== undefined && a !== undefined && ip.containsIP(n, a);
  };
  assertEquals(inside("10.96.0.0/16", "10.96.3.4"), true);
  assertEquals(inside("10.96.0.0/16", "10.97.0.1"), false);
  assertEquals(inside("fd00::/8", "fd12::1"), true);
  assertEquals(inside("::/0", "10.0.0.1"), false);
});

Deno.test("joinHostPort() puts brackets around IPv6 addresses alone", () => {
  assertEquals(ip.joinHostPort("::1", 6443), "[::1]:6443");
  assertEquals(ip.joinHostPort("127.0.0.1", 6443), "127.0.0.1:6443");
  assertEquals(ip.joinHostPort("example.com", "443"), "example.com:443");
});
