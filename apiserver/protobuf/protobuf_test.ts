import { assertEquals, assertThrows } from "@std/assert";
import type { KubeObject } from "../../runtime/object.ts";
import { bootstrapObjects } from "../generated/mod.ts";
import {
  decodeProtobuf,
  encodeProtobuf,
  encodeProtobufEvent,
  encodeRaw,
  ProtobufError,
  protobufListFrame,
} from "./mod.ts";

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

Deno.test("encodeProtobuf() writes the bytes that Go writes", () => {
  const object: KubeObject = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
  // metadata{name, generateName, namespace, selfLink, uid, resourceVersion, generation, creationTimestamp}
  const metadata = "0a0161" + "1200" + "1a00" + "2200" + "2a00" + "3200" + "3800" + "4200";
  const raw = "0a11" + metadata;
  assertEquals(hex(encodeRaw(object)), raw);
  const typeMeta = "0a0f" + "0a027631" + "1209" + "436f6e6669674d6170";
  assertEquals(hex(encodeProtobuf(object)), "6b387300" + typeMeta + "1213" + raw + "1a00" + "2200");
});

/** Drops what the two forms do not distinguish. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value)
    .map(([name, member]) => [name, normal(member)] as const)
    .filter(([, member]) =>
      member !== null && member !== undefined && member !== "" && member !== 0 &&
      member !== false && !(typeof member === "object" && Object.keys(member).length === 0)
    )
    .sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(entries);
}

Deno.test("decodeProtobuf() reads back every object that is there after start-up", () => {
  for (const masked of bootstrapObjects) {
    const text = JSON.stringify(masked)
      .replaceAll("<time>", "2026-01-02T03:04:05Z")
      .replaceAll("<microtime>", "2026-01-02T03:04:05.000006Z");
    const object = JSON.parse(text) as KubeObject;
    assertEquals(normal(decodeProtobuf(encodeProtobuf(object))), normal(object));
  }
});

const pod: KubeObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "ü",
    creationTimestamp: "2026-01-02T03:04:05Z",
    labels: { b: "2", a: "1" },
    managedFields: [{ manager: "x", fieldsType: "FieldsV1", fieldsV1: { "f:a": { ".": {} } } }],
  },
  spec: {
    terminationGracePeriodSeconds: 30,
    priority: -5,
    containers: [{
      name: "c",
      resources: { limits: { cpu: "500m", memory: "1Gi" } },
      livenessProbe: { httpGet: { path: "/", port: "http" }, periodSeconds: 1 },
      readinessProbe: { tcpSocket: { port: 80 } },
    }],
    volumes: [{ name: "v", configMap: { name: "m", optional: true } }],
  },
};

Deno.test("decodeProtobuf() reads back times, quantities, unions, inlined and negative values", () => {
  assertEquals(normal(decodeProtobuf(encodeProtobuf(pod))), normal(pod));
  const lease = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "l" },
    spec: { renewTime: "2026-01-02T03:04:05.000006Z", leaseTransitions: 3 },
  };
  assertEquals(normal(decodeProtobuf(encodeProtobuf(lease))), normal(lease));
  for (const generation of [2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), -(2n ** 53n) - 1n, -5]) {
    const large = { ...lease, metadata: { name: "l", generation } } as unknown as KubeObject;
    assertEquals(decodeProtobuf(encodeProtobuf(large))["metadata"], {
      ...(decodeProtobuf(encodeProtobuf(lease))["metadata"] as object),
      generation,
    });
  }
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "d" },
    spec: {
      versions: [{
        name: "v1",
        schema: {
          openAPIV3Schema: {
            type: "object",
            default: { a: [1, "x"] },
            properties: {
              m: { type: "object", additionalProperties: { type: "string", maximum: 1.5 } },
              l: { type: "array", items: { type: "integer" } },
              b: { additionalProperties: true },
            },
          },
        },
      }],
    },
  };
  assertEquals(normal(decodeProtobuf(encodeProtobuf(definition))), normal(definition));
  const review = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    metadata: {},
    spec: { user: "a", extra: { scopes: ["x", "y"] } },
  };
  assertEquals(normal(decodeProtobuf(encodeProtobuf(review))), normal(review));
});

Deno.test("protobufListFrame() puts messages in a list of their kind", () => {
  const { head, before, tail } = protobufListFrame("v1", "PodList", { resourceVersion: "7" });
  const item = encodeRaw(pod);
  const items = [before(item), item, before(item), item].flatMap((bytes) => [...bytes]);
  const bytes = Uint8Array.from([...head(items.length), ...items, ...tail]);
  const list = decodeProtobuf(bytes) as unknown as { kind: string; items: unknown[] };
  assertEquals(list.kind, "PodList");
  const { apiVersion: _version, kind: _kind, ...rest } = pod;
  assertEquals(normal(list.items), normal([rest, rest]));
});

Deno.test("encodeProtobufEvent() frames an event with its length", () => {
  const frame = encodeProtobufEvent("ADDED", new Uint8Array([1, 2]));
  assertEquals(hex(frame), "0000000d" + "0a05" + "4144444544" + "1204" + "0a020102");
});

Deno.test("decodeProtobuf() refuses what is no envelope, in Go's words", () => {
  const prefix = "expected prefix [107 56 115 0]";
  assertThrows(() => decodeProtobuf(new Uint8Array()), ProtobufError, "empty data");
  assertThrows(() => decodeProtobuf(new TextEncoder().encode("k8s")), ProtobufError, prefix);
  assertThrows(() => decodeProtobuf(new Uint8Array([0x6b, 0x38, 0x73, 0])), ProtobufError, "body");
  const cut = encodeProtobuf(pod);
  assertThrows(() => decodeProtobuf(cut.subarray(0, 40)), ProtobufError, "unexpected EOF");
});

Deno.test("decodeProtobuf() survives any damaged bytes with an error or an object", () => {
  const bytes = encodeProtobuf(pod);
  for (let i = 4; i < bytes.length; i++) {
    const damaged = bytes.slice();
    damaged[i] = (damaged[i]! + 0x81) & 0xff;
    try {
      decodeProtobuf(damaged);
    } catch (error) {
      if (!(error instanceof ProtobufError)) throw error;
    }
  }
});

Deno.test("encodeProtobuf() refuses kinds without a protobuf form", () => {
  const object = { apiVersion: "x.example/v1", kind: "Thing", metadata: {} };
  assertThrows(() => encodeProtobuf(object), ProtobufError);
});
