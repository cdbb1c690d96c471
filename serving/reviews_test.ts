import { assertEquals } from "@std/assert";
import { silentLogger } from "../runtime/log.ts";
import { infrastructureReviews } from "../webhooks/mod.ts";
import { answerOf } from "./_requests_for_test.ts";
import { serveReviews } from "./reviews.ts";

const serve = serveReviews(infrastructureReviews(), silentLogger);
const post = (path: string, body: unknown) =>
  answerOf(serve, path, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

Deno.test("serveReviews() answers admission reviews", async () => {
  const machine = {
    apiVersion: "infrastructure.cluster.x-k8s.io/v1alpha1",
    kind: "InMemoryMachine",
    metadata: { name: "a", namespace: "ns" },
    spec: { behaviour: { vm: { provisioning: { startupDuration: "soon" } } } },
  };
  const [status, body] = await post(
    "/validate-infrastructure-cluster-x-k8s-io-v1alpha1-inmemorymachine",
    {
      apiVersion: "admission.k8s.io/v1",
      kind: "AdmissionReview",
      request: { uid: "u", operation: "CREATE", object: machine },
    },
  );
  const { response } = JSON.parse(body);
  assertEquals([status, response.uid, response.allowed, response.status.code], [
    200,
    "u",
    false,
    422,
  ]);
});

Deno.test("serveReviews() converts", async () => {
  const [status, body] = await post("/convert", {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "ConversionReview",
    request: {
      uid: "u",
      desiredAPIVersion: "infrastructure.cluster.x-k8s.io/v1beta2",
      objects: [{
        apiVersion: "infrastructure.cluster.x-k8s.io/v1beta1",
        kind: "DevMachine",
        metadata: { name: "a" },
        spec: { backend: { inMemory: {} } },
      }],
    },
  });
  const { response } = JSON.parse(body);
  assertEquals([status, response.result.status, response.convertedObjects[0].apiVersion], [
    200,
    "Success",
    "infrastructure.cluster.x-k8s.io/v1beta2",
  ]);
});

Deno.test("serveReviews() refuses what is no review", async () => {
  assertEquals((await post("/convert", "{"))[0], 400);
  assertEquals((await post("/convert", { kind: "AdmissionReview" }))[0], 400);
  assertEquals((await post("/nowhere", {}))[0], 404);
  assertEquals((await answerOf(serve, "/convert"))[0], 405);
});
