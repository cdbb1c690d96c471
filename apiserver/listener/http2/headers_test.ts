import { assertEquals, assertThrows } from "@std/assert";
import { SeededRandom } from "../../../runtime/random.ts";
import { CompressionError, HeaderDecoder } from "./header_decoder.ts";
import { encodeHeaders } from "./header_encoder.ts";
import { HeaderCollector } from "./request_headers.ts";

function bytes(hexadecimal: string): Uint8Array {
  return Uint8Array.from(hexadecimal.match(/[0-9a-f]{2}/g) ?? [], (two) => parseInt(two, 16));
}

function decoded(decoder: HeaderDecoder, block: Uint8Array): [string, string][] {
  const headers: [string, string][] = [];
  decoder.decode(block, 1 << 20, (name, value) => headers.push([name, value]));
  return headers;
}

Deno.test("HeaderDecoder reads the requests of RFC 7541, C.4, one after the other", () => {
  const decoder = new HeaderDecoder();
  const common = [[":method", "GET"], [":scheme", "http"], [":path", "/"]];
  const authority = [":authority", "www.example.com"];
  assertEquals(decoded(decoder, bytes("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff")), [
    ...common,
    authority,
  ]);
  assertEquals(decoded(decoder, bytes("8286 84be 5886 a8eb 1064 9cbf")), [
    ...common,
    authority,
    ["cache-control", "no-cache"],
  ]);
  assertEquals(
    decoded(decoder, bytes("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf")),
    [
      [":method", "GET"],
      [":scheme", "https"],
      [":path", "/index.html"],
      authority,
      ["custom-key", "custom-value"],
    ],
  );
});

Deno.test("HeaderDecoder forgets what no longer fits into its table (RFC 7541, C.6)", () => {
  const decoder = new HeaderDecoder();
  // A table of 256 bytes, then the three responses.
  const size = "3f e1 01";
  const first = decoded(
    decoder,
    bytes(
      `${size} 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
    ),
  );
  assertEquals(first[0], [":status", "302"]);
  assertEquals(first[3], ["location", "https://www.example.com"]);
  const second = decoded(decoder, bytes("4883 640e ffc1 c0bf"));
  assertEquals(second, [[":status", "307"], ...first.slice(1)]);
  // The oldest, `:status: 302`, has gone.
  assertThrows(() => decoded(decoder, bytes("c2")), CompressionError);
});

Deno.test("HeaderDecoder refuses blocks that make no sense", () => {
  const cases = {
    "index 0": "80",
    "an index of nothing": "c0",
    "a text beyond the block": "00 05 61",
    "no value": "00 01 61",
    "a number without end": "ff ff ff ff ff ff ff ff 01",
    "padding of more than a byte": "00 01 61 82 1f ff",
    "padding of zeros": "00 01 61 81 18",
    "the end's word": "00 01 61 84 ff ff ff ff",
    "a table too large": "3f e2 1f",
    "another size within a block": "82 20",
  };
  for (const [name, block] of Object.entries(cases)) {
    assertThrows(() => decoded(new HeaderDecoder(), bytes(block)), CompressionError, "", name);
  }
});

Deno.test("HeaderDecoder hands over no more than the limit, and keeps its table right", () => {
  const decoder = new HeaderDecoder();
  const taken: string[] = [];
  // `a: b` into the table, then eight times from it.
  const block = bytes("40 01 61 01 62 be be be be be be be be");
  assertEquals(decoder.decode(block, 100, (name) => taken.push(name)), false);
  assertEquals(taken.length, 2);
  assertEquals(decoded(decoder, bytes("be")), [["a", "b"]]);
});

Deno.test("encodeHeaders writes what HeaderDecoder reads", () => {
  const random = new SeededRandom(7);
  const decoder = new HeaderDecoder();
  const letters = "abcdefghijklmnopqrstuvwxyz-0123456789ü ";
  const text = (length: number) =>
    Array.from({ length }, () => letters[Math.floor(random.next() * letters.length)]).join("");
  for (let i = 0; i < 500; i++) {
    const headers = Array.from(
      { length: Math.floor(random.next() * 8) },
      (): [string, string] => [
        random.next() < 0.5 ? "content-type" : `x-${i % 20}`,
        text(Math.floor(random.next() * (i % 50 === 0 ? 9000 : 200))),
      ],
    );
    const status = [200, 404, 429, 101][i % 4]!;
    assertEquals(decoded(decoder, encodeHeaders(status, headers, i % 10 === 0)), [
      [":status", String(status)],
      ...headers,
    ]);
  }
});

Deno.test("encodeHeaders lets no value end a line", () => {
  const block = encodeHeaders(200, [["warning", "a\r\nset-cookie: b"], ["x", "снег"]]);
  const [, warning, x] = decoded(new HeaderDecoder(), block);
  assertEquals(warning, ["warning", "a  set-cookie: b"]);
  assertEquals(new TextDecoder().decode(Uint8Array.from(x![1], (c) => c.charCodeAt(0))), "снег");
});

Deno.test("HeaderCollector knows a request from what is none", () => {
  const head: [string, string][] = [[":method", "GET"], [":path", "/"], [":scheme", "https"]];
  const collected = (headers: readonly (readonly [string, string])[]) => {
    const collector = new HeaderCollector();
    for (const [name, value] of headers) collector.take(name, value);
    return collector;
  };
  const good = collected([
    ...head,
    ["cookie", "a"],
    ["cookie", "b"],
    ["accept", "x"],
    ["accept", "y"],
    ["authorization", "one"],
    ["authorization", "two"],
    ["te", "trailers"],
    ["constructor", "c"],
  ]);
  assertEquals(good.wellFormed, true);
  assertEquals<Record<string, string | undefined>>({ ...good.headers }, {
    ":method": "GET",
    ":path": "/",
    ":scheme": "https",
    cookie: "a; b",
    accept: "x, y",
    authorization: "one",
    te: "trailers",
    constructor: "c",
  });
  const bad: [string, string][][] = [
    [],
    head.slice(1),
    [...head, [":path", "/b"]],
    [...head, [":status", "200"]],
    [["a", "b"], ...head],
    [...head, ["Upper", "b"]],
    [...head, ["connection", "close"]],
    [...head, ["te", "gzip"]],
    [...head, ["a b", "c"]],
    [...head, ["__proto__", "c"]],
    [...head, ["a", "b\r\nc"]],
  ];
  for (const headers of bad) assertEquals(collected(headers).wellFormed, false, String(headers));
});
