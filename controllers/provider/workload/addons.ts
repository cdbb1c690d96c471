// The addons that kubeadm installs: kube-proxy and CoreDNS. Their pods are
// not made here; that is the work of the workload controllers where they
// run. Source: kubeadm's addon phase.

import type { JsonObject } from "../../../runtime/object.ts";
import { writeDocument } from "../../capi/kubeadm/documents.ts";
import { coreDNSImage, kubeProxyImage } from "./images.ts";
import {
  clusterRole,
  clusterRoleBinding,
  configMap,
  group,
  type KubeadmFacts,
  type Placed,
  role,
  roleBinding,
  serviceAccount,
  serviceAccountSubject,
  SYSTEM_NAMESPACE,
} from "./object_forms.ts";
import { WORKLOAD } from "./resources.ts";

const PROXY_FOLDER = "/var/lib/kube-proxy";

/** The objects of both addons. */
export function addonObjects(facts: KubeadmFacts): Placed[] {
  return [...kubeProxy(facts), ...coreDNS(facts)];
}

function kubeProxy(facts: KubeadmFacts): Placed[] {
  const labels = { "k8s-app": "kube-proxy" };
  return [
    serviceAccount("kube-proxy"),
    clusterRoleBinding(
      "kubeadm:node-proxier",
      "system:node-proxier",
      serviceAccountSubject("kube-proxy"),
    ),
    role(SYSTEM_NAMESPACE, "kube-proxy", [{
      apiGroups: [""],
      resources: ["configmaps"],
      resourceNames: ["kube-proxy"],
      verbs: ["get"],
    }]),
    roleBinding(
      SYSTEM_NAMESPACE,
      "kube-proxy",
      group("system:bootstrappers:kubeadm:default-node-token"),
    ),
    configMap(SYSTEM_NAMESPACE, "kube-proxy", {
      "config.conf": writeDocument({
        apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
        kind: "KubeProxyConfiguration",
        bindAddress: "0.0.0.0",
        clientConnection: { kubeconfig: `${PROXY_FOLDER}/kubeconfig.conf` },
        clusterCIDR: facts.podSubnet ?? "",
        mode: "",
      }),
      "kubeconfig.conf": proxyKubeconfig(facts),
    }, { app: "kube-proxy" }),
    [WORKLOAD.daemonSets, {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { namespace: SYSTEM_NAMESPACE, name: "kube-proxy", labels },
      spec: {
        selector: { matchLabels: labels },
        updateStrategy: { type: "RollingUpdate" },
        template: { metadata: { labels }, spec: kubeProxyPod(facts) },
      },
    }],
  ];
}

/** Its pods speak to the API server as their service account. */
function proxyKubeconfig({ endpoint }: KubeadmFacts): string {
  const account = "/var/run/secrets/kubernetes.io/serviceaccount";
  const name = "default";
  return writeDocument({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{
      name,
      cluster: { "certificate-authority": `${account}/ca.crt`, server: `https://${endpoint}` },
    }],
    contexts: [{ name, context: { cluster: name, namespace: "default", user: name } }],
    "current-context": name,
    users: [{ name, user: { tokenFile: `${account}/token` } }],
  });
}

function kubeProxyPod(facts: KubeadmFacts): JsonObject {
  return {
    containers: [{
      name: "kube-proxy",
      image: kubeProxyImage(facts.kubernetesVersion),
      imagePullPolicy: "IfNotPresent",
      command: [
        "/usr/local/bin/kube-proxy",
        `--config=${PROXY_FOLDER}/config.conf`,
        "--hostname-override=$(NODE_NAME)",
      ],
      env: [{ name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
      securityContext: { privileged: true },
      volumeMounts: [{ name: "kube-proxy", mountPath: PROXY_FOLDER }],
    }],
    hostNetwork: true,
    nodeSelector: { "kubernetes.io/os": "linux" },
    priorityClassName: "system-node-critical",
    serviceAccountName: "kube-proxy",
    tolerations: [{ operator: "Exists" }],
    volumes: [{ name: "kube-proxy", configMap: { name: "kube-proxy" } }],
  };
}

function corefile(domain: string): string {
  return `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes ${domain} in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success ${domain}
       disable denial ${domain}
    }
    loop
    reload
    loadbalance
}
`;
}

function coreDNS(facts: KubeadmFacts): Placed[] {
  const labels = { "k8s-app": "kube-dns" };
  const reads = (apiGroup: string, ...resources: string[]) => ({
    apiGroups: [apiGroup],
    resources,
    verbs: ["list", "watch"],
  });
  return [
    serviceAccount("coredns"),
    clusterRole("system:coredns", [
      reads("", "endpoints", "services", "pods", "namespaces"),
      reads("discovery.k8s.io", "endpointslices"),
    ]),
    clusterRoleBinding("system:coredns", "system:coredns", serviceAccountSubject("coredns")),
    configMap(SYSTEM_NAMESPACE, "coredns", {
      Corefile: corefile(facts.dnsDomain ?? "cluster.local"),
    }),
    [WORKLOAD.deployments, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { namespace: SYSTEM_NAMESPACE, name: "coredns", labels },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
        template: { metadata: { labels }, spec: coreDNSPod(facts) },
      },
    }],
    [WORKLOAD.services, {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        namespace: SYSTEM_NAMESPACE,
        name: "kube-dns",
        labels: {
          ...labels,
          "kubernetes.io/cluster-service": "true",
          "kubernetes.io/name": "CoreDNS",
        },
        annotations: { "prometheus.io/port": "9153", "prometheus.io/scrape": "true" },
      },
      spec: {
        clusterIP: facts.dnsAddress,
        selector: labels,
        ports: [
          { name: "dns", port: 53, protocol: "UDP", targetPort: 53 },
          { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: 53 },
          { name: "metrics", port: 9153, protocol: "TCP", targetPort: 9153 },
        ],
      },
    }],
  ];
}

function coreDNSPod(facts: KubeadmFacts): JsonObject {
  return {
    containers: [{
      name: "coredns",
      image: coreDNSImage(facts.kubernetesVersion),
      imagePullPolicy: "IfNotPresent",
      args: ["-conf", "/etc/coredns/Corefile"],
      ports: [
        { name: "dns", containerPort: 53, protocol: "UDP" },
        { name: "dns-tcp", containerPort: 53, protocol: "TCP" },
        { name: "metrics", containerPort: 9153, protocol: "TCP" },
      ],
      resources: { limits: { memory: "170Mi" }, requests: { cpu: "100m", memory: "70Mi" } },
      volumeMounts: [{ name: "config-volume", mountPath: "/etc/coredns", readOnly: true }],
    }],
    dnsPolicy: "Default",
    nodeSelector: { "kubernetes.io/os": "linux" },
    priorityClassName: "system-cluster-critical",
    serviceAccountName: "coredns",
    tolerations: [
      { key: "CriticalAddonsOnly", operator: "Exists" },
      { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" },
    ],
    volumes: [{
      name: "config-volume",
      configMap: { name: "coredns", items: [{ key: "Corefile", path: "Corefile" }] },
    }],
  };
}
