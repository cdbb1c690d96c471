import { assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../../runtime/clock.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { StatusError } from "../../runtime/status.ts";
import { ApiServer } from "../server.ts";
import type { Part } from "./part.ts";

/** A cluster without admission: what is left of a write is the kind's own. */
function cluster(): ApiServer {
  return new ApiServer({ clock: new VirtualClock(), admission: [] });
}

const RESOURCES: Readonly<Record<string, string>> = {
  LimitRange: "limitranges",
  PersistentVolume: "persistentvolumes",
};
const CLUSTER_SCOPED: ReadonlySet<string> = new Set(["Node", "PersistentVolume", "Namespace"]);

function refOf({ apiVersion, kind }: KubeObject): { apiVersion: string; resource: string } {
  return { apiVersion, resource: RESOURCES[kind] ?? `${kind.toLowerCase()}s` };
}

function object(apiVersion: string, kind: string, more: Part): KubeObject {
  const { metadata, ...rest } = more;
  const namespace = CLUSTER_SCOPED.has(kind) ? {} : { namespace: "default" };
  return { apiVersion, kind, metadata: { name: "x", ...namespace, ...metadata }, ...rest };
}

async function causes(act: Promise<unknown>): Promise<string[]> {
  const error = await assertRejects(() => act, StatusError);
  assertEquals(error.code, 422, error.message);
  return (error.status.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
}

const container = { name: "c", image: "web:1" };
const labels = { app: "web" };
const template = { metadata: { labels }, spec: { containers: [container] } };
const selected = { selector: { matchLabels: labels }, template };

const pod = (spec: Part, metadata: Part = {}) =>
  object("v1", "Pod", { metadata, spec: { containers: [container], ...spec } });
const job = (spec: Part) =>
  object("batch/v1", "Job", {
    spec: { template: { spec: { restartPolicy: "Never", containers: [container] } }, ...spec },
  });

Deno.test("coreKinds fills in what clients leave out", async () => {
  const server = cluster();
  const probe = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
  const cases: [given: KubeObject, member: string, expected: Part][] = [
    [
      pod({
        containers: [{
          ...container,
          ports: [{ containerPort: 80 }],
          livenessProbe: { httpGet: { port: 80 } },
          resources: { limits: { cpu: "1" }, requests: { memory: "1000Ki" } },
        }],
        volumes: [{ name: "v", secret: { secretName: "s" } }, { name: "e" }],
      }),
      "spec",
      {
        volumes: [
          { name: "v", secret: { secretName: "s", defaultMode: 420 } },
          { name: "e", emptyDir: {} },
        ],
        containers: [{
          name: "c",
          image: "web:1",
          ports: [{ containerPort: 80, protocol: "TCP" }],
          resources: { limits: { cpu: "1" }, requests: { cpu: "1", memory: "1000Ki" } },
          livenessProbe: { httpGet: { path: "/", port: 80, scheme: "HTTP" }, ...probe },
          terminationMessagePath: "/dev/termination-log",
          terminationMessagePolicy: "File",
          imagePullPolicy: "IfNotPresent",
        }],
        restartPolicy: "Always",
        terminationGracePeriodSeconds: 30,
        dnsPolicy: "ClusterFirst",
        securityContext: {},
        schedulerName: "default-scheduler",
        enableServiceLinks: true,
      },
    ],
    [pod({}), "status", { phase: "Pending", qosClass: "BestEffort" }],
    [
      object("policy/v1", "PodDisruptionBudget", { spec: { minAvailable: 1 } }),
      "status",
      { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
    ],
    [object("v1", "Namespace", {}), "spec", { finalizers: ["kubernetes"] }],
    [object("v1", "Secret", { stringData: { a: "b" } }), "data", { a: "Yg==" }],
  ];
  for (const [given, member, expected] of cases) {
    const created = await server.client().create(refOf(given), given, { dryRun: true });
    assertEquals(created[member], expected, `${given.kind} ${member}`);
  }
  server.close();
});

Deno.test("coreKinds refuses what the real server refuses, in its words and order", async () => {
  const server = cluster();
  const spec = "spec.template.spec";
  const cases: [given: KubeObject, expected: string[]][] = [
    [pod({ containers: [] }), ["spec.containers: Required value"]],
    [
      pod({ containers: [{ name: "A", image: "" }], restartPolicy: "Maybe", dnsPolicy: "Any" }),
      [
        'spec.containers[0].name: Invalid value: "A": a lowercase RFC 1123 label must consist of ' +
        "lower case alphanumeric characters or '-', and must start and end with an alphanumeric " +
        "character (e.g. 'my-name',  or '123-abc', regex used for validation is " +
        "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        "spec.containers[0].image: Required value",
        'spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"',
        'spec.dnsPolicy: Unsupported value: "Any": supported values: "ClusterFirstWithHostNet", ' +
        '"ClusterFirst", "Default", "None"',
      ],
    ],
    [
      pod({
        containers: [{
          ...container,
          resources: { limits: { cpu: "1" }, requests: { cpu: "2", memory: "-1" } },
          volumeMounts: [{ name: "gone", mountPath: "/a" }],
        }],
      }),
      [
        'spec.containers[0].volumeMounts[0].name: Not found: "gone"',
        'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
        'spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0',
      ],
    ],
    [
      object("apps/v1", "Deployment", {
        spec: { selector: { matchLabels: { app: "api" } }, replicas: -1, template },
      }),
      [
        "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
      ],
    ],
    [
      object("apps/v1", "DaemonSet", {
        spec: {
          ...selected,
          template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } },
        },
      }),
      [`${spec}.restartPolicy: Unsupported value: "Never": supported values: "Always"`],
    ],
    [
      job({ completionMode: "Indexed", maxFailedIndexes: 1, parallelism: -1 }),
      [
        "spec.parallelism: Invalid value: -1: must be greater than or equal to 0",
        "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
        "spec.completions: Required value: when completion mode is Indexed",
      ],
    ],
    [
      job({ successPolicy: { rules: [{ succeededIndexes: "0-9" }] }, completions: 3 }),
      [
        'spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":"0-9","SucceededCount":null}]}: ' +
        "requires indexed completion mode",
      ],
    ],
    [
      object("policy/v1", "PodDisruptionBudget", {
        spec: { minAvailable: "120%", unhealthyPodEvictionPolicy: "Sometimes" },
      }),
      [
        'spec.minAvailable: Invalid value: "120%": must not be greater than 100%',
        'spec.unhealthyPodEvictionPolicy: Unsupported value: "Sometimes": supported values: ' +
        '"AlwaysAllow", "IfHealthyBudget"',
      ],
    ],
    [
      object("v1", "PersistentVolume", {}),
      [
        "spec.accessModes: Required value",
        "spec.capacity: Required value",
        'spec.capacity: Unsupported value: null: supported values: "storage"',
        "spec: Required value: must specify a volume type",
      ],
    ],
  ];
  for (const [given, expected] of cases) {
    const written = server.client().create(refOf(given), given, { dryRun: true });
    assertEquals(await causes(written), expected, given.kind);
  }
  server.close();
});

Deno.test("coreKinds keeps what may not change", async () => {
  const server = cluster();
  const client = server.client();
  const immutable = "field is immutable";
  const cases: [given: KubeObject, patch: Part, expected: string[]][] = [
    [
      object("v1", "ConfigMap", { data: { a: "1" }, immutable: true }),
      { data: { a: "2" } },
      ["data: Forbidden: field is immutable when `immutable` is set"],
    ],
    [
      object("v1", "Secret", {}),
      { type: "example.com/other" },
      [`type: Invalid value: "example.com/other": ${immutable}`],
    ],
    [
      object("apps/v1", "Deployment", { spec: selected }),
      {
        spec: {
          selector: { matchLabels: { tier: "a" } },
          template: { metadata: { labels: { tier: "a" } } },
        },
      },
      [`spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"a"}}: ${immutable}`],
    ],
    [job({ completions: 2 }), { spec: { completions: 3 } }, [
      `spec.completions: Invalid value: 3: ${immutable}`,
    ]],
    [
      pod({ activeDeadlineSeconds: 10 }),
      { spec: { activeDeadlineSeconds: 20 } },
      [
        "spec.activeDeadlineSeconds: Invalid value: 20: must be less than or equal to previous value",
      ],
    ],
  ];
  for (const [given, patch, expected] of cases) {
    await client.create(refOf(given), given);
    const { name = "", namespace = "" } = given.metadata;
    const written = client.patch(refOf(given), { name, namespace }, "merge", patch as never);
    assertEquals(await causes(written), expected, given.kind);
  }
  server.close();
});

Deno.test("coreKinds moves the generation with the spec alone", async () => {
  const server = cluster();
  const client = server.client();
  const given = object("apps/v1", "Deployment", { spec: selected });
  const key = { name: "x", namespace: "default" };
  const generations: (number | undefined)[] = [];
  const note = ({ metadata }: KubeObject) => generations.push(metadata.generation);
  note(await client.create(refOf(given), given));
  note(await client.patch(refOf(given), key, "merge", { metadata: { labels: { a: "b" } } }));
  note(await client.patch(refOf(given), key, "merge", { spec: { replicas: 3 } }));
  note(await client.patch(refOf(given), key, "merge", { status: { replicas: 3 } }));
  assertEquals(generations, [1, 1, 2, 2]);
  assertEquals((await client.get(refOf(given), key)).status, {});
  server.close();
});
