// What the webhooks of the kubeadm kinds let through, change and refuse.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { clone, type KubeObject } from "../runtime/object.ts";
import { StatusError } from "../runtime/status.ts";
import { kubeadmConfigWebhook } from "./kubeadm_config.ts";
import {
  kubeadmControlPlaneTemplateWebhook,
  kubeadmControlPlaneWebhook,
} from "./kubeadm_control_plane.ts";
import type { Webhook, WebhookRequest } from "./webhook.ts";

function controlPlane(change: (spec: KubeObject["spec"]) => void = () => {}): KubeObject {
  const object: KubeObject = {
    apiVersion: "controlplane.cluster.x-k8s.io/v1beta2",
    kind: "KubeadmControlPlane",
    metadata: { name: "cp", namespace: "default" },
    spec: {
      replicas: 3,
      version: "v1.33.0",
      machineTemplate: {
        spec: {
          infrastructureRef: {
            apiGroup: "infrastructure.cluster.x-k8s.io",
            kind: "InMemoryMachineTemplate",
            name: "t",
          },
        },
      },
      kubeadmConfigSpec: { clusterConfiguration: { imageRepository: "a" }, initConfiguration: {} },
    },
  };
  change(object.spec);
  return object;
}

/** The messages of the refusal, none when it passed. */
async function refusals(
  webhook: Webhook,
  request: Partial<WebhookRequest> & { object: KubeObject },
): Promise<string[]> {
  const full: WebhookRequest = {
    operation: request.old === undefined ? "CREATE" : "UPDATE",
    dryRun: false,
    ...request,
  };
  try {
    await webhook.validate?.(full);
    return [];
  } catch (error) {
    assert(error instanceof StatusError, String(error));
    assertEquals(error.code, 422);
    return (error.status.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
  }
}

const webhook = kubeadmControlPlaneWebhook();

Deno.test("kubeadmControlPlaneWebhook() fills in what is not said", async () => {
  const object = controlPlane((spec) => {
    delete spec.replicas;
    spec.version = "1.33.0";
  });
  await webhook.default?.({ operation: "CREATE", object, dryRun: false });
  assertEquals(object.spec.replicas, 1);
  assertEquals(object.spec.version, "v1.33.0");
  assertEquals(object.spec.rollout.strategy, {
    type: "RollingUpdate",
    rollingUpdate: { maxSurge: 1 },
  });
});

Deno.test("kubeadmControlPlaneWebhook() judges what is created", async () => {
  const cluster = (members: Record<string, unknown>) => (spec: KubeObject["spec"]) =>
    Object.assign(spec.kubeadmConfigSpec.clusterConfiguration, members);
  const external = { external: { endpoints: ["a"], caFile: "b", certFile: "c", keyFile: "d" } };
  const cases: [string, (spec: KubeObject["spec"]) => void, string[]][] = [
    ["a good one", () => {}, []],
    ["even replicas", (spec) => spec.replicas = 2, [
      "spec.replicas: Forbidden: cannot be an even number when etcd is stacked",
    ]],
    ["even replicas with external etcd", (spec) => {
      spec.replicas = 2;
      cluster({ etcd: external })(spec);
    }, []],
    ["no replicas", (spec) => spec.replicas = 0, [
      "spec.replicas: Forbidden: cannot be less than or equal to 0",
    ]],
    ["both etcds", cluster({ etcd: { ...external, local: { dataDir: "/x" } } }), [
      "spec.kubeadmConfigSpec.clusterConfiguration.etcd.local: Forbidden: cannot have both external and local etcd",
    ]],
    ["a broken version", (spec) => spec.version = "v1.33", [
      'spec.version: Invalid value: "v1.33": must be a valid semantic version',
    ]],
    ["a name without random part", (spec) => spec.machineNaming = { template: "a" }, [
      'spec.machineNaming.template: Invalid value: "a": invalid template, {{ .random }} is missing',
    ]],
    ["unequal timeouts", (spec) => {
      spec.kubeadmConfigSpec.initConfiguration.timeouts = {
        controlPlaneComponentHealthCheckSeconds: 5,
      };
    }, [
      "spec.kubeadmConfigSpec.initConfiguration.timeouts.controlPlaneComponentHealthCheckSeconds: Invalid value: 5: controlPlaneComponentHealthCheckSeconds must be set to the same value both in initConfiguration.timeouts and in joinConfiguration.timeouts",
      'spec.kubeadmConfigSpec.joinConfiguration.timeouts.controlPlaneComponentHealthCheckSeconds: Invalid value: "": controlPlaneComponentHealthCheckSeconds must be set to the same value both in initConfiguration.timeouts and in joinConfiguration.timeouts',
    ]],
    ["no surge with one replica", (spec) => {
      spec.replicas = 1;
      spec.rollout = { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0 } } };
    }, [
      "spec.rollout.strategy.rollingUpdate: Required value: when KubeadmControlPlane is configured to scale-in, replica count needs to be at least 3",
    ]],
    ["ignition without its gate", (spec) => spec.kubeadmConfigSpec.format = "ignition", [
      "spec.kubeadmConfigSpec.format: Forbidden: can be set only if the KubeadmBootstrapFormatIgnition feature gate is enabled",
    ]],
  ];
  for (const [name, change, expected] of cases) {
    assertEquals(await refusals(webhook, { object: controlPlane(change) }), expected, name);
  }
});

Deno.test("kubeadmControlPlaneWebhook() judges changes", async () => {
  const path = "spec.kubeadmConfigSpec.clusterConfiguration";
  const cases: [string, (spec: KubeObject["spec"]) => void, string[]][] = [
    ["a leaf", (spec) => spec.kubeadmConfigSpec.clusterConfiguration.imageRepository = "b", []],
    ["a leaf that goes", (spec) => {
      spec.kubeadmConfigSpec.clusterConfiguration = { dns: { imageTag: "v1.10.1" } };
    }, []],
    ["the whole block goes", (spec) => delete spec.kubeadmConfigSpec.clusterConfiguration, [
      `${path}: Forbidden: cannot be modified`,
    ]],
    [
      "the certificates' folder",
      (spec) => spec.kubeadmConfigSpec.clusterConfiguration.certificatesDir = "/x",
      [`${path}.certificatesDir: Forbidden: cannot be modified`],
    ],
    ["one minor up", (spec) => spec.version = "v1.34.1", []],
    ["two minors up", (spec) => spec.version = "v1.35.0", [
      "spec.version: Forbidden: cannot update Kubernetes version from v1.33.0 to v1.35.0",
    ]],
    ["down", (spec) => spec.version = "v1.31.0", []],
    ["etcd elsewhere", (spec) => {
      spec.kubeadmConfigSpec.clusterConfiguration.etcd = {
        external: { endpoints: ["a"], caFile: "b", certFile: "c", keyFile: "d" },
      };
    }, [`${path}.etcd.external: Forbidden: cannot change between external and local etcd`]],
  ];
  for (const [name, change, expected] of cases) {
    const request = { object: controlPlane(change), old: controlPlane() };
    assertEquals(await refusals(webhook, request), expected, name);
  }
});

Deno.test("kubeadmControlPlaneWebhook() judges scaling", async () => {
  const scale = (replicas: number): KubeObject => ({
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: { name: "cp", namespace: "default" },
    spec: { replicas },
  });
  for (const [replicas, expected] of [[5, 0], [4, 1], [0, 1]] as const) {
    const request = { object: scale(replicas), old: controlPlane(), subresource: "scale" };
    assertEquals((await refusals(webhook, request)).length, expected, `${replicas}`);
  }
});

Deno.test("kubeadmControlPlaneTemplateWebhook() keeps templates as they are", async () => {
  const template = (spec: unknown): KubeObject => ({
    apiVersion: "controlplane.cluster.x-k8s.io/v1beta2",
    kind: "KubeadmControlPlaneTemplate",
    metadata: { name: "t" },
    spec: { template: { spec } },
  });
  const on = kubeadmControlPlaneTemplateWebhook({ topology: true });
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } };
  const old = template({ kubeadmConfigSpec: { verbosity: 1 }, rollout: { strategy } });
  assertEquals(
    await refusals(on, { object: template({ kubeadmConfigSpec: { verbosity: 1 } }), old }),
    [],
  );
  const changed = await refusals(on, {
    object: template({ kubeadmConfigSpec: { verbosity: 2 } }),
    old,
  });
  assertEquals(changed.length, 1);
  const off = kubeadmControlPlaneTemplateWebhook();
  assertEquals(await refusals(off, { object: clone(old) }), [
    "spec: Forbidden: can be set only if the ClusterTopology feature flag is enabled",
  ]);
});

Deno.test("kubeadmConfigWebhook() refuses contradictions", async () => {
  const config = (spec: unknown): KubeObject => ({
    apiVersion: "bootstrap.cluster.x-k8s.io/v1beta2",
    kind: "KubeadmConfig",
    metadata: { name: "c" },
    spec,
  });
  const validate = kubeadmConfigWebhook();
  assertEquals(
    await refusals(validate, {
      object: config({ files: [{ path: "/a", content: "x" }, { path: "/a" }] }),
    }),
    ['spec.files[1].path: Invalid value: "/a": path property must be unique among all files'],
  );
  const both = { path: "/a", content: "x", contentFrom: { secret: { name: "s", key: "k" } } };
  assertEquals((await refusals(validate, { object: config({ files: [both] }) })).length, 1);
  const user = { name: "u", passwd: "p", passwdFrom: { secret: { name: "s", key: "k" } } };
  assertEquals((await refusals(validate, { object: config({ users: [user] }) })).length, 1);
  await assertRejects(
    () =>
      Promise.resolve().then(() =>
        validate.validate?.({
          operation: "CREATE",
          dryRun: false,
          object: config({ format: "ignition" }),
        })
      ),
    StatusError,
    'KubeadmConfig.bootstrap.cluster.x-k8s.io "c" is invalid: spec.format: Forbidden: can be set only',
  );
});
