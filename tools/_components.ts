// The objects that run the provider in a management cluster, as clusterctl
// installs them: namespace, definitions, rights, deployment, webhooks and
// their certificate. Source: clusterctl's provider contract and the layout
// that Cluster API's providers share.

import { customResourceDefinitions } from "../manifests/mod.ts";
import type { JsonObject, JsonValue } from "../runtime/object.ts";
import { infrastructureWebhooks, webhookPath } from "../webhooks/mod.ts";
import { WEBHOOK_SERVICE } from "./_dev_definitions.ts";

const { namespace: NAMESPACE, name: SERVICE } = WEBHOOK_SERVICE;
const GROUP = "infrastructure.cluster.x-k8s.io";
const PROVIDER = { "cluster.x-k8s.io/provider": "infrastructure-in-memory" };
const SELECTOR = { ...PROVIDER, "control-plane": "controller-manager" };
const ACCOUNT = "capim-manager";
const SECRET = `${SERVICE}-cert`;
const CERTIFICATE = "capim-serving-cert";
const ISSUER = "capim-selfsigned-issuer";
const INJECT = { "cert-manager.io/inject-ca-from": `${NAMESPACE}/${CERTIFICATE}` };
const USER = 65532;
const CERTIFICATES = "/tmp/k8s-webhook-server/serving-certs";

/** The image of the provider, without its tag. */
export const IMAGE = "ghcr.io/capim/capim";

function object(
  apiVersion: string,
  kind: string,
  name: string,
  rest: JsonObject,
  metadata: JsonObject = {},
): JsonObject {
  const { labels, ...more } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { name, labels: { ...PROVIDER, ...labels as JsonObject }, ...more },
    ...rest,
  };
}

function namespaced(apiVersion: string, kind: string, name: string, rest: JsonObject): JsonObject {
  return object(apiVersion, kind, name, rest, { namespace: NAMESPACE });
}

/** All objects, in the order in which they are to be created. */
export function components(version: string): JsonObject[] {
  return [
    object("v1", "Namespace", NAMESPACE, {}, { labels: { "control-plane": "controller-manager" } }),
    ...definitions(),
    namespaced("v1", "ServiceAccount", ACCOUNT, {}),
    ...rights(),
    service(),
    deployment(version),
    ...certificates(),
    webhookConfiguration("MutatingWebhookConfiguration", "mutate"),
    webhookConfiguration("ValidatingWebhookConfiguration", "validate"),
  ];
}

function definitions(): JsonObject[] {
  return customResourceDefinitions().filter(({ spec }) => spec.group === GROUP).map((
    definition,
  ) => ({
    ...definition as unknown as JsonObject,
    metadata: {
      ...definition.metadata,
      ...(definition.spec.conversion === undefined ? {} : { annotations: INJECT }),
    },
  }));
}

function rule(apiGroup: string, resources: string[], verbs: string[]): JsonObject {
  return { apiGroups: [apiGroup], resources, verbs };
}

const READ = ["get", "list", "watch"];

function rights(): JsonObject[] {
  const plurals = customResourceDefinitions().filter(({ spec }) => spec.group === GROUP)
    .map(({ spec }) => spec.names.plural);
  const rbac = "rbac.authorization.k8s.io";
  const subjects = [{ kind: "ServiceAccount", name: ACCOUNT, namespace: NAMESPACE }];
  const bind = (kind: string, name: string) => ({
    roleRef: { apiGroup: rbac, kind, name },
    subjects,
  });
  const manager: JsonValue[] = [
    // The kubeconfig is written anew when the provider comes back at another address.
    rule("", ["secrets"], [...READ, "patch"]),
    rule("authentication.k8s.io", ["tokenreviews"], ["create"]),
    rule("authorization.k8s.io", ["subjectaccessreviews"], ["create"]),
    // Tokens of a cluster that lost its contents are made again from those of its machines' configurations.
    rule("bootstrap.cluster.x-k8s.io", ["kubeadmconfigs"], ["get"]),
    rule("cluster.x-k8s.io", ["clusters", "machines"], [...READ, "patch"]),
    // Machines of pools that shrink are deleted, so that their Nodes are drained.
    rule("cluster.x-k8s.io", ["machines"], ["delete"]),
    rule("cluster.x-k8s.io", ["machinepools"], READ),
    rule(GROUP, plurals, [...READ, "patch"]),
    rule(GROUP, plurals.map((name) => `${name}/status`), ["patch"]),
    // Pools make the machines that they own and whose end theirs waits for, which some servers want this for.
    rule(GROUP, ["devmachines"], ["create", "delete"]),
    rule(GROUP, ["devmachinepools/finalizers"], ["update"]),
  ];
  const leader: JsonValue[] = [
    rule("coordination.k8s.io", ["leases"], ["get", "create", "update"]),
    rule("", ["events"], ["create", "patch"]),
  ];
  const [managerName, leaderName] = ["capim-manager-role", "capim-leader-election-role"];
  return [
    namespaced(`${rbac}/v1`, "Role", leaderName, { rules: leader }),
    object(`${rbac}/v1`, "ClusterRole", managerName, { rules: manager }),
    namespaced(
      `${rbac}/v1`,
      "RoleBinding",
      "capim-leader-election-rolebinding",
      bind("Role", leaderName),
    ),
    object(
      `${rbac}/v1`,
      "ClusterRoleBinding",
      "capim-manager-rolebinding",
      bind("ClusterRole", managerName),
    ),
  ];
}

function service(): JsonObject {
  return namespaced("v1", "Service", SERVICE, {
    spec: {
      // The process that is ready once it has read all objects is the one that converts them.
      publishNotReadyAddresses: true,
      ports: [{ port: 443, targetPort: "webhook-server" }],
      selector: SELECTOR,
    },
  });
}

function deployment(version: string): JsonObject {
  const fieldEnv = (name: string, fieldPath: string) => ({
    name,
    valueFrom: { fieldRef: { fieldPath } },
  });
  const probe = (path: string) => ({ httpGet: { path, port: "healthz" } });
  const container = {
    name: "manager",
    image: `${IMAGE}:v${version}`,
    imagePullPolicy: "IfNotPresent",
    args: [
      "controller",
      "--leader-elect",
      "--diagnostics-address=${CAPI_DIAGNOSTICS_ADDRESS:=:8443}",
      "--insecure-diagnostics=${CAPI_INSECURE_DIAGNOSTICS:=false}",
      "--feature-gates=ClusterTopology=${CLUSTER_TOPOLOGY:=true}",
    ],
    env: [
      fieldEnv("POD_NAMESPACE", "metadata.namespace"),
      fieldEnv("POD_NAME", "metadata.name"),
      fieldEnv("POD_UID", "metadata.uid"),
      fieldEnv("POD_IP", "status.podIP"),
    ],
    ports: [
      { containerPort: 9443, name: "webhook-server", protocol: "TCP" },
      { containerPort: 9440, name: "healthz", protocol: "TCP" },
      { containerPort: 8443, name: "metrics", protocol: "TCP" },
    ],
    readinessProbe: probe("/readyz"),
    livenessProbe: probe("/healthz"),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      privileged: false,
      runAsUser: USER,
      runAsGroup: USER,
    },
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [{ mountPath: CERTIFICATES, name: "cert", readOnly: true }],
  };
  const controlPlaneTaint = "node-role.kubernetes.io/control-plane";
  return namespaced("apps/v1", "Deployment", "capim-controller-manager", {
    spec: {
      // All clusters are the memory of one process: two would be two worlds.
      replicas: 1,
      strategy: { type: "Recreate" },
      selector: { matchLabels: SELECTOR },
      template: {
        metadata: { labels: SELECTOR },
        spec: {
          containers: [container],
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          serviceAccountName: ACCOUNT,
          terminationGracePeriodSeconds: 10,
          tolerations: [{ effect: "NoSchedule", key: controlPlaneTaint }],
          volumes: [{ name: "cert", secret: { secretName: SECRET } }],
        },
      },
    },
  });
}

function certificates(): JsonObject[] {
  const host = `${SERVICE}.${NAMESPACE}.svc`;
  return [
    namespaced("cert-manager.io/v1", "Issuer", ISSUER, { spec: { selfSigned: {} } }),
    namespaced("cert-manager.io/v1", "Certificate", CERTIFICATE, {
      spec: {
        dnsNames: [host, `${host}.cluster.local`],
        issuerRef: { kind: "Issuer", name: ISSUER },
        secretName: SECRET,
        subject: { organizations: ["capim"] },
      },
    }),
  ];
}

function webhookConfiguration(kind: string, verb: "mutate" | "validate"): JsonObject {
  const served = infrastructureWebhooks().filter(({ webhook }) =>
    (verb === "mutate" ? webhook.default : webhook.validate) !== undefined
  );
  const webhooks = served.map((one) => ({
    name: `${verb === "mutate" ? "default" : "validation"}.${one.kind.toLowerCase()}.${GROUP}`,
    admissionReviewVersions: ["v1"],
    clientConfig: { service: { ...WEBHOOK_SERVICE, path: webhookPath(verb, one) } },
    failurePolicy: "Fail",
    matchPolicy: "Equivalent",
    sideEffects: "None",
    rules: [{
      apiGroups: [one.webhook.group],
      apiVersions: [one.version],
      operations: ["CREATE", "UPDATE"],
      resources: [one.webhook.resource],
    }],
  }));
  const name = `capim-${verb === "mutate" ? "mutating" : "validating"}-webhook-configuration`;
  return object("admissionregistration.k8s.io/v1", kind, name, { webhooks }, {
    annotations: INJECT,
  });
}
