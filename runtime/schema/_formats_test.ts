import { assertEquals } from "@std/assert";
import { formatCheck } from "./_formats.ts";

const CASES: Record<string, [good: string[], bad: string[]]> = {
  bsonobjectid: [["507f1f77bcf86cd799439011"], ["507f1f77bcf86cd79943901g"]],
  uri: [
    ["http://a.b/c?d=e", "/a/b%20c", "mailto:a@b", "http://[::1]:80/", "http://[fe80::1%25en0]/"],
    ["a/b", "", "http://a b/", "http://[::1", "http://x/%zz", "http://[1.2.3.4]/", ":x"],
  ],
  email: [
    ["a@b.c", "J Doe <j@d.com>", '"q x"@e.com', "a@b (c(d))", "x@[127.0.0.1]", "g: a@b;"],
    ["a", "a@", "a..b@c", "x@[127.0..1]", "a@b, c@d", '""@e.com'],
  ],
  hostname: [["example.com", "a", "é.com"], ["a..b", "-a", "a_b.com", "example.c", ""]],
  ipv4: [["1.2.3.4", "010.1.1.1"], ["1.2.3", "::1"]],
  ipv6: [["::1", "::ffff:1.2.3.4"], ["1.2.3.4", "::ffff:01.2.3.4"]],
  cidr: [["10.0.0.0/8", "::/0"], ["10.0.0.0", "10.0.0.0/33"]],
  mac: [["01:23:45:67:89:ab", "0123.4567.89AB", "0123456789ab"], [
    "01:23:45:67:89",
    "01:23-45:67:89:ab",
  ]],
  uuid: [["A8098C1A-f86e-11da-bd1a-00112444be1e"], ["a8098c1a"]],
  uuid4: [["a8098c1a-f86e-41da-bd1a-00112444be1e"], ["a8098c1a-f86e-11da-bd1a-00112444be1e"]],
  isbn: [["0321751043", "978-0321751041"], ["0321751044"]],
  creditcard: [["4111 1111 1111 1111"], ["4111111111111112"]],
  ssn: [["111-11-1111"], ["111111111"]],
  hexcolor: [["#FFF", "ffffff"], ["#ffff"]],
  rgbcolor: [["rgb(0, 12,255)"], ["rgb(256,0,0)"]],
  byte: [["YQ=="], ["", "YQ"]],
  password: [["", "x"], []],
  date: [["2020-02-29"], ["2021-02-29", "2020-1-1"]],
  duration: [["1h30m", "3 weeks", "5 mins"], ["abc", "1"]],
  "date-time": [["2020-01-01T00:00:00Z", "2020-01-01t23:59:59.5+01:00"], [
    "2020-01-01",
    "2020-01-01T24:00:00Z",
  ]],
  "k8s-short-name": [["a-b"], ["A", "a.b", "a".repeat(64)]],
  "k8s-long-name": [["a.b"], ["a..b"]],
};

Deno.test("formatCheck() knows each format of custom resources", () => {
  for (const [format, [good, bad]] of Object.entries(CASES)) {
    const check = formatCheck(format);
    for (const text of good) assertEquals(check?.(text), true, `${format} ${text}`);
    for (const text of bad) assertEquals(check?.(text), false, `${format} ${text}`);
  }
  assertEquals(formatCheck("unknown"), undefined);
});
