import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { CONVERSION_DATA_ANNOTATION, ConversionError, convertObject } from "./conversion.ts";
import { devConversions } from "./dev_kinds.ts";

const GROUP = "infrastructure.cluster.x-k8s.io";
const OLD = `${GROUP}/v1beta1`;
const NEW = `${GROUP}/v1beta2`;
const to = (object: KubeObject, version: string) => convertObject(devConversions, object, version);

/** A record of those members that are there. */
function some(shape: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<JsonObject> {
  return fc.record(shape, { requiredKeys: [] }) as fc.Arbitrary<JsonObject>;
}

const word = fc.stringMatching(/^[a-z]{1,8}$/);
const condition = fc.record({ type: word, status: fc.constantFrom("True", "False"), reason: word });
const conditions = fc.array(condition, { minLength: 1, maxLength: 3 });
const endpoint = fc.record({ host: word, port: fc.integer({ min: 1, max: 65535 }) });
const provisioning = some({ provisioning: fc.record({ startupDuration: fc.constant("1s") }) });
const domain = fc.record({ controlPlane: fc.boolean(), attributes: fc.dictionary(word, word) }, {
  requiredKeys: [],
});
const deprecated = fc.record({ v1beta1: fc.record({ conditions }) });
const initialization = fc.record({ provisioned: fc.boolean() });
const domainList = fc.uniqueArray(
  fc.tuple(word, domain).map(([name, rest]): JsonObject => ({ name, ...(rest as JsonObject) })),
  { minLength: 1, maxLength: 3, selector: ({ name }) => name },
);
const backend = some({ inMemory: some({ vm: provisioning, node: provisioning }) });
const clusterSpec = some({ backend, controlPlaneEndpoint: endpoint });
const machineSpec = some({ backend, providerID: word });
const template = (spec: fc.Arbitrary<JsonObject>) => fc.record({ template: fc.record({ spec }) });

/** What the stored version of each kind may hold. */
const HUB: Record<string, fc.Arbitrary<JsonObject>> = {
  DevCluster: some({
    spec: clusterSpec,
    status: some({ conditions, deprecated, initialization, failureDomains: domainList }),
  }),
  DevClusterTemplate: some({ spec: template(clusterSpec) }),
  DevMachine: some({
    spec: machineSpec,
    status: some({ conditions, deprecated, initialization, failureDomain: word }),
  }),
  DevMachineTemplate: some({
    spec: template(machineSpec),
    status: some({ capacity: some({ cpu: fc.constant("2") }) }),
  }),
};

/** What v1beta1 of each kind may hold. */
const SPOKE: Record<string, fc.Arbitrary<JsonObject>> = {
  DevCluster: some({
    spec: clusterSpec,
    status: some({
      ready: fc.constant(true),
      conditions,
      v1beta2: fc.record({ conditions }),
      failureDomains: fc.dictionary(word, domain as fc.Arbitrary<JsonObject>, { minKeys: 1 }),
    }),
  }),
  DevClusterTemplate: some({ spec: template(clusterSpec) }),
  DevMachine: some({
    spec: machineSpec,
    status: some({ ready: fc.constant(true), conditions, v1beta2: fc.record({ conditions }) }),
  }),
  DevMachineTemplate: some({ spec: template(machineSpec) }),
};

function objectOf(apiVersion: string, kind: string, parts: JsonObject): KubeObject {
  const metadata = { name: "a", namespace: "b", annotations: { mine: "yes" } };
  return { apiVersion, kind, metadata, ...parts };
}

Deno.test("convertObject() loses nothing of the stored version on the way down and up", () => {
  for (const [kind, parts] of Object.entries(HUB)) {
    fc.assert(fc.property(parts, (one) => {
      const object = objectOf(NEW, kind, one);
      assertEquals(to(to(object, OLD), NEW), object);
    }));
  }
});

Deno.test("convertObject() loses nothing of v1beta1 on the way up and down", () => {
  for (const [kind, parts] of Object.entries(SPOKE)) {
    fc.assert(fc.property(parts, (one) => {
      const object = objectOf(OLD, kind, one);
      const back = to(to(object, NEW), OLD);
      delete back.metadata.annotations?.[CONVERSION_DATA_ANNOTATION];
      assertEquals(back, object);
    }));
  }
});

Deno.test("convertObject() keeps what v1beta1 cannot say when something else changes there", () => {
  const old = to(
    objectOf(NEW, "DevMachine", {
      spec: { backend: { inMemory: {} } },
      status: { failureDomain: "east", initialization: { provisioned: false } },
    }),
    OLD,
  );
  assertEquals(old.status, {});
  old.status = { addresses: [{ type: "Hostname", address: "a" }] };
  assertEquals(to(old, NEW).status, {
    addresses: [{ type: "Hostname", address: "a" }],
    failureDomain: "east",
    initialization: { provisioned: false },
  });
  old.status = { ready: true };
  assertEquals(to(old, NEW).status?.initialization, { provisioned: true });
});

Deno.test("convertObject() reads an endpoint that is not known yet", () => {
  for (const endpoint of [{ host: "", port: 0 }, {}]) {
    const spec = { backend: { inMemory: {} }, controlPlaneEndpoint: endpoint };
    const cluster = objectOf(OLD, "DevCluster", { spec });
    assertEquals(to(cluster, NEW).spec, { backend: { inMemory: {} } });
    const template = objectOf(OLD, "DevClusterTemplate", { spec: { template: { spec } } });
    assertEquals(to(template, NEW).spec, { template: { spec: { backend: { inMemory: {} } } } });
  }
});

Deno.test("convertObject() says what it cannot convert", () => {
  const cluster = objectOf(OLD, "DevCluster", {});
  assertThrows(() => to(cluster, `${GROUP}/v1alpha3`), ConversionError, "cannot be converted");
  assertThrows(() => to({ ...cluster, kind: "Other" }, NEW), ConversionError, "Other");
  cluster.metadata.annotations = { [CONVERSION_DATA_ANNOTATION]: "[" };
  assertThrows(() => to(cluster, NEW), ConversionError, "is not a JSON object");
});
