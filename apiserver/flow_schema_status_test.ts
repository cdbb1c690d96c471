import { assertEquals } from "@std/assert";
import type { KubeObject } from "../runtime/object.ts";
import { ApiServer } from "./server.ts";

const SCHEMAS = { apiVersion: "flowcontrol.apiserver.k8s.io/v1", resource: "flowschemas" };
const LEVELS = {
  apiVersion: "flowcontrol.apiserver.k8s.io/v1",
  resource: "prioritylevelconfigurations",
};

function conditions({ status }: KubeObject): string[] {
  const list: { type: string; status: string; reason: string }[] = status.conditions;
  return list.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
}

Deno.test("FlowSchemaStatus tells whether the priority level is there", async () => {
  const server = new ApiServer();
  const client = server.client();
  await client.create(SCHEMAS, {
    apiVersion: SCHEMAS.apiVersion,
    kind: "FlowSchema",
    metadata: { name: "a" },
    spec: { priorityLevelConfiguration: { name: "level" }, matchingPrecedence: 9000 },
  });
  const get = () => client.get(SCHEMAS, { name: "a" });
  assertEquals(conditions(await get()), ["Dangling=True NotFound"]);
  await client.create(LEVELS, {
    apiVersion: LEVELS.apiVersion,
    kind: "PriorityLevelConfiguration",
    metadata: { name: "level" },
    spec: { type: "Limited", limited: { limitResponse: { type: "Reject" } } },
  });
  const found = await get();
  assertEquals(conditions(found), ["Dangling=False Found"]);
  assertEquals(
    found.metadata.managedFields?.map(({ manager, operation }) => `${operation} ${manager}`).at(0),
    "Apply api-priority-and-fairness-config-consumer-v1",
  );
  await client.delete(LEVELS, { name: "level" });
  assertEquals(conditions(await get()), ["Dangling=True NotFound"]);
  server.close();
});
