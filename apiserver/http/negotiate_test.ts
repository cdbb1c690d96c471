import { assertEquals, assertThrows } from "@std/assert";
import { StatusError } from "../../runtime/status.ts";
import {
  bodyEncoding,
  BUILTIN_ENDPOINT,
  CUSTOM_ENDPOINT,
  negotiate,
  PLAIN_ENDPOINT,
  routeAccepts,
  tryNegotiate,
  wantsPretty,
} from "./negotiate.ts";
import { Query } from "./query.ts";

Deno.test("negotiate() takes the best clause that the endpoint can do", () => {
  const cases: [accept: string | undefined, encoding: string, kind?: string][] = [
    [undefined, "json"],
    ["", "json"],
    ["*/*", "json"],
    ["application/json", "json"],
    ["application/yaml", "yaml"],
    ["application/vnd.kubernetes.protobuf, application/json", "protobuf"],
    ["application/json;q=0.5, application/yaml", "yaml"],
    ["application/*", "json"],
    ["text/html, application/json;q=0.1", "json"],
    ["application/json;as=Table;v=v1;g=meta.k8s.io,application/json", "json", "Table"],
    ["application/json;as=Table;v=v9;g=meta.k8s.io,application/json", "json"],
    [
      "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
      "protobuf",
      "PartialObjectMetadata",
    ],
  ];
  for (const [accept, encoding, kind] of cases) {
    const { media, transform } = negotiate(accept, false, BUILTIN_ENDPOINT);
    assertEquals([media.encoding, transform?.kind], [encoding, kind], accept);
  }
});

Deno.test("negotiate() refuses what no clause can have", () => {
  for (
    const accept of [
      "text/html",
      "application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io",
      "application/json;as=Table;v=v1;g=other.example",
    ]
  ) {
    const error = assertThrows(() => negotiate(accept, false, BUILTIN_ENDPOINT), StatusError);
    assertEquals(error.code, 406, accept);
  }
});

Deno.test("negotiate() keeps custom objects out of protobuf and streams out of YAML", () => {
  const protobuf = "application/vnd.kubernetes.protobuf";
  assertEquals(tryNegotiate(protobuf, false, CUSTOM_ENDPOINT), undefined);
  const metadata = `${protobuf};as=PartialObjectMetadata;v=v1;g=meta.k8s.io`;
  assertEquals(tryNegotiate(metadata, false, CUSTOM_ENDPOINT)?.media.encoding, "protobuf");
  assertEquals(tryNegotiate("application/yaml", false, BUILTIN_ENDPOINT, true), undefined);
  assertEquals(
    tryNegotiate("application/json;as=Table;v=v1;g=meta.k8s.io", false, PLAIN_ENDPOINT),
    undefined,
  );
});

Deno.test("bodyEncoding() reads the content type and refuses unknown ones", () => {
  assertEquals(bodyEncoding(undefined, false).encoding, "json");
  assertEquals(bodyEncoding("application/json; charset=utf-8", false).encoding, "json");
  assertEquals(bodyEncoding("application/yaml", true).encoding, "yaml");
  assertThrows(() => bodyEncoding("text/plain", false), StatusError, "unknown format");
  assertThrows(() => bodyEncoding("application/vnd.kubernetes.protobuf", true), StatusError);
});

Deno.test("routeAccepts() compares names without parameters", () => {
  const produced = ["application/json", "application/yaml"];
  for (const accept of [undefined, "", "*/*", "application/*", "text/x, application/json;a=b"]) {
    assertEquals(routeAccepts(accept, produced), true, accept);
  }
  assertEquals(routeAccepts("text/html", produced), false);
  assertEquals(routeAccepts("application/json", ["application/jwk-set+json"]), false);
});

Deno.test("wantsPretty() listens to the parameter before the user agent", () => {
  assertEquals(wantsPretty(new Query("pretty=true"), "x"), true);
  assertEquals(wantsPretty(new Query("pretty=0"), "curl/8"), false);
  assertEquals(wantsPretty(new Query(""), "curl/8"), true);
  assertEquals(wantsPretty(new Query(""), "kubectl/v1.33"), false);
});
