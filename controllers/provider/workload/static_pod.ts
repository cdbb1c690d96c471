// The static pods of a control plane machine as a kubelet mirrors them to
// the API: the mirror annotation keeps drain from evicting them, the etcd
// pod's annotations are the record of its member. Source: kubeadm's static
// pod manifests and the kubelet's mirror pods.

import { rfc3339 } from "../../../runtime/clock.ts";
import type { Client } from "../../../runtime/client.ts";
import type { JsonObject, KubeObject } from "../../../runtime/object.ts";
import { controllerReference } from "../../../runtime/owner.ts";
import { ensureDeleted, ensureObject } from "./ensure.ts";
import { componentImage, type ControlPlaneComponent } from "./images.ts";
import { addressOf } from "./node.ts";
import { WORKLOAD } from "./resources.ts";

const NAMESPACE = "kube-system";

/** What a static pod is made of. */
export interface StaticPodFacts {
  readonly component: ControlPlaneComponent;
  /** Its Node, as it stands in the cluster. */
  readonly node: KubeObject;
  readonly version: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The name of a component's pod on a node. */
export function staticPodName(component: ControlPlaneComponent, node: string): string {
  return `${component}-${node}`;
}

/** The flags of a component on a host with that address. */
const COMMANDS: Readonly<Record<ControlPlaneComponent, (address: string) => readonly string[]>> = {
  "kube-apiserver": (address) => [
    `--advertise-address=${address}`,
    "--authorization-mode=Node,RBAC",
    "--enable-bootstrap-token-auth=true",
    "--secure-port=6443",
  ],
  "kube-controller-manager": () => [
    "--controllers=*,bootstrapsigner,tokencleaner",
    "--use-service-account-credentials=true",
  ],
  "kube-scheduler": () => ["--leader-elect=true"],
  etcd: (address) => [
    `--advertise-client-urls=https://${address}:2379`,
    "--data-dir=/var/lib/etcd",
  ],
};
/** By these kubeadm and its like find out where API servers and etcd members are. */
const ADVERTISED: Readonly<
  Partial<Record<ControlPlaneComponent, (address: string) => Record<string, string>>>
> = {
  "kube-apiserver": (address) => ({
    "kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint": `${address}:6443`,
  }),
  etcd: (address) => ({
    "kubeadm.kubernetes.io/etcd.advertise-client-urls": `https://${address}:2379`,
  }),
};
const REQUESTS: Readonly<Record<ControlPlaneComponent, JsonObject>> = {
  "kube-apiserver": { cpu: "250m" },
  "kube-controller-manager": { cpu: "200m" },
  "kube-scheduler": { cpu: "100m" },
  etcd: { cpu: "100m", memory: "100Mi" },
};

/** Makes sure that the pod is there, running, and of the right version. */
export async function ensureStaticPod(
  client: Client,
  facts: StaticPodFacts,
  now_ms: number,
): Promise<KubeObject> {
  const wanted = newPod(facts, now_ms);
  const pod = await ensureObject(client, WORKLOAD.pods, wanted);
  const name = pod.metadata.name ?? "";
  const image = componentImage(facts.component, facts.version);
  let latest = pod;
  if (pod.spec?.containers?.[0]?.image !== image) {
    latest = await client.patch(WORKLOAD.pods, { namespace: NAMESPACE, name }, "strategic", {
      spec: { containers: [{ name: facts.component, image }] },
    });
  }
  if (latest.status?.phase === "Running") return latest;
  return await client.patch(WORKLOAD.pods, { namespace: NAMESPACE, name }, "merge", {
    status: runningStatus(facts, now_ms),
  }, { subresource: "status" });
}

/** Takes a component's pod away. */
export async function deleteStaticPod(
  client: Client,
  component: ControlPlaneComponent,
  node: string,
): Promise<void> {
  const name = staticPodName(component, node);
  await ensureDeleted(client, WORKLOAD.pods, { namespace: NAMESPACE, name });
}

function newPod(facts: StaticPodFacts, now_ms: number): KubeObject {
  const { component, node, version } = facts;
  const nodeName = node.metadata.name ?? "";
  const address = addressOf(nodeName);
  // The kubelet's hash of the manifest; any value that is the pod's own will do.
  const hash = (node.metadata.uid ?? "").replaceAll("-", "").slice(0, 32);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      namespace: NAMESPACE,
      name: staticPodName(component, nodeName),
      labels: { component, tier: "control-plane" },
      annotations: {
        ...ADVERTISED[component]?.(address),
        "kubernetes.io/config.hash": hash,
        "kubernetes.io/config.mirror": hash,
        "kubernetes.io/config.seen": rfc3339(now_ms),
        "kubernetes.io/config.source": "file",
        ...facts.annotations,
      },
      ownerReferences: [controllerReference(node)],
    },
    spec: {
      nodeName,
      hostNetwork: true,
      enableServiceLinks: false,
      priorityClassName: "system-node-critical",
      priority: 2_000_001_000,
      restartPolicy: "Always",
      tolerations: [{ effect: "NoExecute", operator: "Exists" }],
      containers: [{
        name: component,
        image: componentImage(component, version),
        command: [component, ...COMMANDS[component](address)],
        resources: { requests: REQUESTS[component] },
      }],
    },
  };
}

function runningStatus(facts: StaticPodFacts, now_ms: number): JsonObject {
  const now = rfc3339(now_ms);
  const address = addressOf(facts.node.metadata.name ?? "");
  const image = componentImage(facts.component, facts.version);
  const types = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"];
  return {
    phase: "Running",
    hostIP: address,
    hostIPs: [{ ip: address }],
    podIP: address,
    podIPs: [{ ip: address }],
    qosClass: "Burstable",
    startTime: now,
    conditions: [...types, "PodScheduled"].map((type) => ({
      type,
      status: "True",
      lastTransitionTime: now,
    })),
    containerStatuses: [{
      name: facts.component,
      image,
      imageID: image,
      containerID: `containerd://${(facts.node.metadata.uid ?? "").replaceAll("-", "")}`,
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: now } },
      lastState: {},
    }],
  };
}
