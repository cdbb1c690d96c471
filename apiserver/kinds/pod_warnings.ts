// Warnings about pods and pod templates that are accepted but will hardly do
// what was meant. Source: pkg/api/pod/warnings.go, in its order.

import type { KubeObject } from "../../runtime/object.ts";
import { ipWarnings } from "../../runtime/ip.ts";
import { isDNS1123Label } from "../../runtime/names.ts";
import { deprecatedNodeLabel } from "./node_label_warnings.ts";
import { isEmpty, items, type Part, sortedEntries, strings } from "./part.ts";
import { APP_ARMOR_PREFIX } from "./pod_annotations_validation.ts";
import { eachContainer } from "./pod_containers.ts";
import { quantity } from "../../runtime/quota/resource_list.ts";
import { overlapWarnings } from "./volume_overlap_warnings.ts";
import { isNumber } from "./field_messages.ts";

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

/** What happens to names that are no DNS labels where they end up as host names. */
export function nameWarnings(name: string | undefined, use: string): string[] {
  const messages = isDNS1123Label(name ?? "");
  return messages.length === 0 ? [] : [
    `metadata.name: this is used in ${use}, which can result in surprising behavior; a DNS label is recommended: [${
      messages.join(" ")
    }]`,
  ];
}

/** Of kinds that make pods named after themselves. */
export function workloadNameWarnings(object: KubeObject): string[] {
  return nameWarnings(object.metadata.name, "Pod names and hostnames");
}

/** Warnings about a pod. */
export function podWarnings(object: KubeObject): string[] {
  return specWarnings(object.spec ?? {}, object.metadata, "");
}

/** Warnings about the addresses in a pod's status. */
export function podStatusWarnings({ status }: KubeObject): string[] {
  return ["podIPs", "hostIPs"].flatMap((list) =>
    items(status?.[list]).flatMap(({ ip = "" }, i) => ipWarnings(`status.${list}[${i}].ip`, ip))
  );
}

/** Whether an update has moved the generation: others say nothing about templates. */
export function movesGeneration(object: KubeObject, old: KubeObject): boolean {
  return object.metadata.generation !== old.metadata.generation;
}

/** Warnings about a template at `field`. */
export function podTemplateWarnings(template: Part | undefined, field: string): string[] {
  if (!template) return [];
  return specWarnings(template.spec ?? {}, template.metadata ?? {}, `${field}.`);
}

function specWarnings(spec: Part, metadata: Part, prefix: string): string[] {
  const field = `${prefix}spec`;
  const warnings = [
    ...Object.keys(spec.nodeSelector ?? {}).sort().flatMap((key) =>
      deprecated(`${field}.nodeSelector[${key}]`, key)
    ),
    ...affinityWarnings(spec.affinity, `${field}.affinity`),
    ...spreadWarnings(spec.topologySpreadConstraints, `${field}.topologySpreadConstraints`),
    ...annotationWarnings(metadata.annotations, `${prefix}metadata.annotations`),
    ...volumeWarnings(spec.volumes, `${field}.volumes`),
    ...overlapWarnings(spec.volumes),
    ...duplicateWarnings(spec.hostAliases, "ip", `${field}.hostAliases`),
    ...duplicateWarnings(spec.imagePullSecrets, "name", `${field}.imagePullSecrets`),
    ...items(spec.imagePullSecrets).flatMap(({ name }, i) =>
      name ? [] : [`${field}.imagePullSecrets[${i}].name: invalid empty name ""`]
    ),
    ...fractionWarnings(spec.overhead, `${field}.overhead`),
  ];
  for (const [container, path] of eachContainer(spec, field)) {
    if (prefix !== "") {
      warnings.push(...appArmorWarnings(container, metadata.annotations, `${prefix}metadata`));
    }
    warnings.push(
      ...resourceWarnings(container.resources, `${path}.resources`),
      ...envWarnings(container.env, `${path}.env`),
    );
  }
  warnings.push(...portWarnings(spec, field));
  const grace = spec.terminationGracePeriodSeconds;
  if (isNumber(grace) && grace < 0) {
    warnings.push(
      `${field}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`,
    );
  }
  warnings.push(
    ...strings(spec.dnsConfig?.nameservers).flatMap((server, i) =>
      ipWarnings(`${field}.dnsConfig.nameservers[${i}]`, server)
    ),
    ...items(spec.hostAliases).flatMap(({ ip = "" }, i) =>
      ipWarnings(`${field}.hostAliases[${i}].ip`, ip)
    ),
  );
  return warnings;
}

function deprecated(field: string, key: string): string[] {
  const message = deprecatedNodeLabel(key);
  return message === undefined ? [] : [`${field}: ${message}`];
}

/** Warnings about the node labels that a term of a node selector names. */
export function nodeTermWarnings(term: Part | undefined, field: string): string[] {
  return items(term?.matchExpressions).flatMap(({ key = "" }, i) => {
    const message = deprecatedNodeLabel(key);
    return message === undefined
      ? []
      : [`${field}.matchExpressions[${i}].key: ${key} is ${message}`];
  });
}

function affinityWarnings(affinity: Part | undefined, field: string): string[] {
  if (!affinity) return [];
  const warnings: string[] = [];
  const node: Part | undefined = affinity.nodeAffinity;
  items(node?.[REQUIRED]?.nodeSelectorTerms).forEach((term, i) => {
    const path = `${field}.nodeAffinity.${REQUIRED}.nodeSelectorTerms[${i}]`;
    warnings.push(...nodeTermWarnings(term, path));
  });
  items(node?.[PREFERRED]).forEach((term, i) => {
    const path = `${field}.nodeAffinity.${PREFERRED}[${i}].preference`;
    warnings.push(...nodeTermWarnings(term.preference, path));
  });
  for (const name of ["podAffinity", "podAntiAffinity"]) {
    items(affinity[name]?.[REQUIRED]).forEach((term, i) => {
      warnings.push(...nullSelector(term, `${field}.${name}.${REQUIRED}[${i}].labelSelector`));
    });
    items(affinity[name]?.[PREFERRED]).forEach((term, i) => {
      const path = `${field}.${name}.${PREFERRED}[${i}].podAffinityTerm.labelSelector`;
      warnings.push(...nullSelector(term.podAffinityTerm ?? {}, path));
    });
  }
  return warnings;
}

function nullSelector({ labelSelector }: Part, field: string): string[] {
  return labelSelector ? [] : [`${field}: a null labelSelector results in matching no pod`];
}

function spreadWarnings(constraints: unknown, field: string): string[] {
  return items(constraints).flatMap((constraint, i) => {
    const { topologyKey: key = "" } = constraint;
    const message = deprecatedNodeLabel(key);
    return [
      ...(message === undefined ? [] : [`${field}[${i}].topologyKey: ${key} is ${message}`]),
      ...nullSelector(constraint, `${field}[${i}].labelSelector`),
    ];
  });
}

const SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead';
const SYSCTLS = 'non-functional in v1.11+; use the "sysctls" field instead';
const ANNOTATIONS: readonly (readonly [string, string])[] = [
  [
    "scheduler.alpha.kubernetes.io/critical-pod",
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  ],
  ["security.alpha.kubernetes.io/sysctls", SYSCTLS],
  ["security.alpha.kubernetes.io/unsafe-sysctls", SYSCTLS],
  ["seccomp.security.alpha.kubernetes.io/pod", SECCOMP],
];
const SECCOMP_PREFIX = "container.seccomp.security.alpha.kubernetes.io/";

function annotationWarnings(annotations: Part | undefined, field: string): string[] {
  if (isEmpty(annotations)) return [];
  const warnings = ANNOTATIONS.filter(([key]) => annotations?.[key] !== undefined)
    .map(([key, message]) => `${field}[${key}]: ${message}`);
  for (const [key] of sortedEntries(annotations)) {
    if (key.startsWith(SECCOMP_PREFIX)) warnings.push(`${field}[${key}]: ${SECCOMP}`);
  }
  return warnings;
}

function appArmorWarnings(
  { name, securityContext }: Part,
  annotations: Part | undefined,
  metadata: string,
): string[] {
  const key = `${APP_ARMOR_PREFIX}${name}`;
  return securityContext?.appArmorProfile || annotations?.[key] === undefined ? [] : [
    `${metadata}.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`,
  ];
}

/** Volume plugins that are gone, and what is said of them; PersistentVolumes say the same. */
export const removedPlugins: readonly (readonly [string, string])[] = [
  ["photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"],
  ["gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"],
  ["scaleIO", "deprecated in v1.16, non-functional in v1.22+"],
  ["flocker", "deprecated in v1.22, non-functional in v1.25+"],
  ["storageos", "deprecated in v1.22, non-functional in v1.25+"],
  ["quobyte", "deprecated in v1.22, non-functional in v1.25+"],
  ["glusterfs", "deprecated in v1.25, non-functional in v1.26+"],
  ["cephfs", "deprecated in v1.28, non-functional in v1.31+"],
  ["rbd", "deprecated in v1.28, non-functional in v1.31+"],
];

const PLUGIN_FIELDS: Readonly<Record<string, string>> = { storageos: "storageOS" };

function volumeWarnings(volumes: unknown, field: string): string[] {
  return items(volumes).flatMap((volume, i) => {
    const path = `${field}[${i}]`;
    const warnings = removedPlugins.filter(([name]) => volume[name]).map(([name, message]) =>
      `${path}.${PLUGIN_FIELDS[name] ?? name}: ${message}`
    );
    const template: Part | undefined = volume.ephemeral?.volumeClaimTemplate;
    if (template) {
      warnings.push(
        ...claimSpecWarnings(template.spec ?? {}, `${path}.ephemeral.volumeClaimTemplate.spec`),
      );
    }
    return warnings;
  });
}

/** Warnings about the spec of a claim. */
export function claimSpecWarnings(spec: Part, field: string): string[] {
  const storage = (list: "requests" | "limits") => {
    const amount = spec.resources?.[list]?.storage;
    return amount === undefined
      ? []
      : fractionWarnings({ storage: amount }, `${field}.resources.${list}`, ["storage"]);
  };
  return [...storage("requests"), ...storage("limits")];
}

/** Warnings about the claim templates of a StatefulSet, whose field is named as the Go struct is. */
export function claimTemplateWarnings(templates: unknown, suffix: "" | ".Spec"): string[] {
  return items(templates).flatMap(({ spec }, i) =>
    claimSpecWarnings(spec ?? {}, `spec.volumeClaimTemplates[${i}]${suffix}`)
  );
}

function duplicateWarnings(list: unknown, member: string, field: string): string[] {
  const seen = new Set<string>();
  return items(list).flatMap((item, i) => {
    const value: string = item[member] ?? "";
    if (seen.has(value)) {
      return [`${field}[${i}].${member}: duplicate ${member} ${JSON.stringify(value)}`];
    }
    seen.add(value);
    return [];
  });
}

const BYTES = ["memory", "ephemeral-storage"];

/** Warnings about parts of bytes. */
export function fractionWarnings(
  list: Part | undefined,
  field: string,
  names: readonly string[] = BYTES,
): string[] {
  return names.flatMap((name) => {
    const amount: string | undefined = list?.[name];
    return amount === undefined || quantity(amount).milliValue() % 1000n === 0n ? [] : [
      `${field}[${name}]: fractional byte value ${
        JSON.stringify(amount)
      } is invalid, must be an integer`,
    ];
  });
}

function resourceWarnings(resources: Part | undefined, field: string): string[] {
  return [
    ...fractionWarnings(resources?.limits, `${field}.limits`),
    ...fractionWarnings(resources?.requests, `${field}.requests`),
  ];
}

/** A second definition is fine when it builds on the first. */
function envWarnings(env: unknown, field: string): string[] {
  const seen = new Set<string>();
  return items(env).flatMap(({ name = "", value = "", valueFrom }, i) => {
    const reference = `$(${name})`;
    const hides = seen.has(name) &&
      (valueFrom || value === reference || !value.includes(reference));
    seen.add(name);
    return hides
      ? [
        `${field}[${i}]: hides previous definition of ${
          JSON.stringify(name)
        }, which may be dropped when using apply`,
      ]
      : [];
  });
}

function portWarnings(spec: Part, field: string): string[] {
  const warnings: string[] = [];
  const ports = new Map<string, { port: Part; path: string }[]>();
  const names = new Map<string, string>();
  for (const [container, containerPath] of eachContainer(spec, field)) {
    items(container.ports).forEach((port, i) => {
      const path = `${containerPath}.ports[${i}]`;
      if (port.hostIP && !port.hostPort) {
        warnings.push(`${path}: hostIP set without hostPort: ${printPort(port)}`);
      }
      const key = `${port.containerPort}/${port.protocol}`;
      const others = ports.get(key) ?? [];
      for (const other of others) {
        const verdict = comparePorts(port, other.port);
        if (verdict !== undefined) {
          warnings.push(`${path}: ${verdict} port definition with ${other.path}`);
        }
      }
      ports.set(key, [...others, { port, path }]);
    });
  }
  for (const [container, containerPath] of eachContainer(spec, field)) {
    items(container.ports).forEach(({ name }, i) => {
      if (!name) return;
      const path = `${containerPath}.ports[${i}]`;
      const other = names.get(name);
      if (other === undefined) names.set(name, path);
      else {
        warnings.push(
          `${path}: duplicate port name ${
            JSON.stringify(name)
          } with ${other}, services and probes that select ports by name will use ${other}`,
        );
      }
    });
  }
  return warnings;
}

function comparePorts(a: Part, b: Part): string | undefined {
  const [ipA = "", ipB = ""] = [a.hostIP, b.hostIP];
  const [portA = 0, portB = 0] = [a.hostPort, b.hostPort];
  if (ipA === ipB && portA === portB) return "duplicate";
  if (portA === 0 || portB === 0) return "overlapping";
  if (portA === portB && (ipA === "") !== (ipB === "")) return "dangerously ambiguous";
  return undefined;
}

/** A port as Go's `%+v` prints the struct. */
function printPort(
  { name = "", hostPort = 0, containerPort = 0, protocol = "", hostIP = "" }: Part,
): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
}
