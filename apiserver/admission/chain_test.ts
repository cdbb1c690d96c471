// Holds the plugins, from outside of the server, to what the real one says
// (oracle areas admission, policies and rbac).

import { assertEquals } from "@std/assert";
import type { Client, ResourceRef } from "../../runtime/client.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { StatusError } from "../../runtime/status.ts";
import { InProcessClient } from "../client.ts";
import { ApiServer } from "../server.ts";

const NAMESPACE = "default";
const PODS: ResourceRef = { apiVersion: "v1", resource: "pods" };
const STRICT = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

interface Cluster {
  readonly server: ApiServer;
  readonly client: Client;
  /** Creates in the namespace; answers the object, or the message of the refusal. */
  create(ref: ResourceRef, kind: string, object: JsonObject): Promise<KubeObject | string>;
  createPod(name: string, spec?: JsonObject, container?: JsonObject): Promise<KubeObject | string>;
}

async function withCluster(run: (cluster: Cluster) => Promise<void>): Promise<void> {
  const server = new ApiServer();
  const client = server.client();
  const create: Cluster["create"] = (ref, kind, object) =>
    client.create(ref, {
      apiVersion: ref.apiVersion,
      kind,
      ...object,
      metadata: { namespace: NAMESPACE, ...(object["metadata"] as JsonObject) },
    } as KubeObject).catch(messageOf);
  const createPod: Cluster["createPod"] = (name, spec = {}, container = {}) =>
    create(PODS, "Pod", {
      metadata: { name },
      spec: { containers: [{ name: "main", image: "x", ...container }], ...spec },
    });
  try {
    await create({ apiVersion: "v1", resource: "serviceaccounts" }, "ServiceAccount", {
      metadata: { name: "default" },
    });
    await run({ server, client, create, createPod });
  } finally {
    server.close();
  }
}

function messageOf(error: unknown): string {
  if (error instanceof StatusError) return error.message;
  throw error;
}

function made(answer: KubeObject | string): KubeObject {
  if (typeof answer === "string") throw new Error(answer);
  return answer;
}

Deno.test("ServiceAccount gives pods an account and its token", () =>
  withCluster(async ({ createPod }) => {
    const { spec } = made(await createPod("a"));
    assertEquals(spec.serviceAccountName, "default");
    assertEquals(spec.volumes.length, 1);
    assertEquals(spec.containers[0].volumeMounts, [{
      name: spec.volumes[0].name,
      readOnly: true,
      mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
    }]);
    const quiet = made(await createPod("b", { automountServiceAccountToken: false }));
    assertEquals(quiet["spec"].volumes, undefined);
    assertEquals(
      await createPod("c", { serviceAccountName: "absent" }),
      'pods "c" is forbidden: error looking up service account default/absent: serviceaccount "absent" not found',
    );
  }));

Deno.test("Priority, DefaultTolerationSeconds and RuntimeClass complete pods", () =>
  withCluster(async ({ create, createPod }) => {
    await create(
      { apiVersion: "node.k8s.io/v1", resource: "runtimeclasses" },
      "RuntimeClass",
      {
        metadata: { name: "heavy" },
        handler: "heavy",
        overhead: { podFixed: { cpu: "100m" } },
        scheduling: { nodeSelector: { heavy: "yes" } },
      },
    );
    const { spec } = made(await createPod("a", { runtimeClassName: "heavy" }));
    assertEquals(spec.priority, 0);
    assertEquals(spec.preemptionPolicy, "PreemptLowerPriority");
    assertEquals(spec.overhead, { cpu: "100m" });
    assertEquals(spec.nodeSelector, { heavy: "yes" });
    assertEquals(spec.tolerations.map(({ key }: JsonObject) => key), [
      "node.kubernetes.io/not-ready",
      "node.kubernetes.io/unreachable",
    ]);
    const refused: [JsonObject, string][] = [
      [{ priorityClassName: "absent" }, "no PriorityClass with name absent was found"],
      [
        { priority: 7 },
        "the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name",
      ],
      [{ runtimeClassName: "absent" }, 'pod rejected: RuntimeClass "absent" not found'],
      [
        { runtimeClassName: "heavy", overhead: { cpu: "1" } },
        "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
      ],
      [
        { runtimeClassName: "heavy", nodeSelector: { heavy: "no" } },
        "conflict: runtimeClass.scheduling.nodeSelector[heavy] = yes; pod.spec.nodeSelector[heavy] = no",
      ],
    ];
    for (const [spec, message] of refused) {
      assertEquals(await createPod("x", spec), `pods "x" is forbidden: ${message}`);
    }
  }));

Deno.test("LimitRanger fills in and enforces limits", () =>
  withCluster(async ({ create, createPod }) => {
    await create({ apiVersion: "v1", resource: "limitranges" }, "LimitRange", {
      metadata: { name: "limits" },
      spec: {
        limits: [{
          type: "Container",
          default: { cpu: "200m", memory: "64Mi" },
          defaultRequest: { cpu: "50m" },
          min: { cpu: "10m" },
          max: { cpu: "1" },
          maxLimitRequestRatio: { cpu: "4" },
        }],
      },
    });
    const pod = made(await createPod("a"));
    assertEquals(pod["spec"].containers[0].resources, {
      limits: { cpu: "200m", memory: "64Mi" },
      requests: { cpu: "50m", memory: "64Mi" },
    });
    assertEquals(
      pod.metadata.annotations?.["kubernetes.io/limit-ranger"],
      "LimitRanger plugin set: cpu, memory request for container main; cpu, memory limit for container main",
    );
    const refused: [JsonObject, string][] = [
      [{ limits: { cpu: "2" } }, "maximum cpu usage per Container is 1, but limit is 2"],
      [
        { limits: { cpu: "5m" }, requests: { cpu: "5m" } },
        "minimum cpu usage per Container is 10m, but request is 5m",
      ],
      [
        { limits: { cpu: "500m" }, requests: { cpu: "100m" } },
        "cpu max limit to request ratio per Container is 4, but provided ratio is 5.000000",
      ],
    ];
    for (const [resources, message] of refused) {
      assertEquals(
        await createPod("x", {}, { resources }),
        `pods "x" is forbidden: ${message}`,
      );
    }
  }));

Deno.test("ResourceQuota charges within the write", () =>
  withCluster(async ({ client, create, createPod }) => {
    const quotas = { apiVersion: "v1", resource: "resourcequotas" };
    const hard = { pods: "1", "requests.cpu": "1", secrets: "1" };
    const quota = made(
      await create(quotas, "ResourceQuota", { metadata: { name: "few" }, spec: { hard } }),
    );
    const used = { pods: "0", "requests.cpu": "0", secrets: "0" };
    const status = { hard, used };
    await client.update(quotas, { ...quota, status }, { subresource: "status" });
    const cpu = (amount: string) => ({ resources: { requests: { cpu: amount } } });
    const answers = [
      await createPod("a"),
      await createPod("b", {}, cpu("2")),
      typeof await createPod("c", {}, cpu("500m")),
      await createPod("d", {}, cpu("100m")),
    ];
    assertEquals(answers, [
      'pods "a" is forbidden: failed quota: few: must specify requests.cpu for: main',
      'pods "b" is forbidden: exceeded quota: few, requested: requests.cpu=2, used: requests.cpu=0, limited: requests.cpu=1',
      "object",
      'pods "d" is forbidden: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1',
    ]);
    const now = await client.get(quotas, { name: "few", namespace: NAMESPACE });
    assertEquals(now["status"].used, { pods: "1", "requests.cpu": "500m", secrets: "0" });
  }));

Deno.test("PodSecurity holds pods to their namespace's level", () =>
  withCluster(async ({ client, createPod }) => {
    const label = (level: string) =>
      client.patch({ apiVersion: "v1", resource: "namespaces" }, { name: NAMESPACE }, "merge", {
        metadata: { labels: { "pod-security.kubernetes.io/enforce": level } },
      }).catch(messageOf);
    assertEquals(
      await label("severe"),
      'Namespace "default" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "severe": must be one of privileged, baseline, restricted',
    );
    await label("restricted");
    made(await createPod("strict", {}, { securityContext: STRICT }));
    const cases: [JsonObject, JsonObject, string][] = [
      [
        { hostNetwork: true, hostPID: true },
        STRICT,
        "host namespaces (hostNetwork=true, hostPID=true)",
      ],
      [
        { volumes: [{ name: "v", hostPath: { path: "/" } }] },
        STRICT,
        'restricted volume types (volume "v" uses restricted volume type "hostPath")',
      ],
      [
        {},
        { ...STRICT, capabilities: { drop: ["ALL"], add: ["CHOWN"] } },
        'unrestricted capabilities (container "main" must not include "CHOWN" in securityContext.capabilities.add)',
      ],
      [
        { securityContext: { seccompProfile: { type: "Unconfined" } } },
        STRICT,
        'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
      ],
      [{}, { ...STRICT, runAsUser: 0 }, 'runAsUser=0 (container "main" must not set runAsUser=0)'],
    ];
    for (const [spec, securityContext, wrong] of cases) {
      assertEquals(
        await createPod("x", spec, { securityContext }),
        `pods "x" is forbidden: violates PodSecurity "restricted:latest": ${wrong}`,
      );
    }
  }));

Deno.test("nobody grants what they do not hold", () =>
  withCluster(async ({ server, create }) => {
    const group = "rbac.authorization.k8s.io";
    const roles = { apiVersion: `${group}/v1`, resource: "roles" };
    const bindings = { apiVersion: `${group}/v1`, resource: "rolebindings" };
    const rule = (verbs: string[]) => ({ apiGroups: [""], resources: ["pods"], verbs });
    const binding = (name: string, role: string) => ({
      metadata: { name },
      roleRef: { apiGroup: group, kind: "Role", name: role },
      subjects: [{ apiGroup: group, kind: "User", name: "jane" }],
    });
    await create(roles, "Role", { metadata: { name: "get" }, rules: [rule(["get"])] });
    await create(roles, "Role", { metadata: { name: "all" }, rules: [rule(["*"])] });
    await create(bindings, "RoleBinding", binding("jane", "get"));
    const { registry, definitions } = server;
    const jane = new InProcessClient({ registry, definitions, user: { name: "jane", groups: [] } });
    const ask = (ref: ResourceRef, kind: string, object: JsonObject) =>
      jane.create(ref, {
        apiVersion: ref.apiVersion,
        kind,
        ...object,
        metadata: { namespace: NAMESPACE, ...(object["metadata"] as JsonObject) },
      } as KubeObject).catch(messageOf);
    const refusal = (what: string, verbs: string) =>
      `${what} is forbidden: user "jane" (groups=[]) is attempting to grant RBAC permissions not ` +
      `currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:[${verbs}]}`;
    assertEquals(
      await ask(roles, "Role", { metadata: { name: "more" }, rules: [rule(["get", "delete"])] }),
      refusal(`roles.${group} "more"`, '"delete"'),
    );
    made(await ask(roles, "Role", { metadata: { name: "same" }, rules: [rule(["get"])] }));
    assertEquals(
      await ask(bindings, "RoleBinding", binding("more", "all")),
      refusal(`rolebindings.${group} "more"`, '"*"'),
    );
    made(await ask(bindings, "RoleBinding", binding("same", "get")));
  }));
