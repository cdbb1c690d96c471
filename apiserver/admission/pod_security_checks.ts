// What the levels of Pod Security demand of pods, check by check and version
// by version. Source: k8s.io/pod-security-admission policy (check_*.go).

import type { ObjectMeta } from "../../runtime/object.ts";
import { items, type Part, strings } from "../kinds/part.ts";
import type { Level, LevelVersion } from "./pod_security_level.ts";

/** What is wrong with a pod. */
export interface Violation {
  /** Such as `hostPort`. */
  readonly reason: string;
  /** Who does what; may be empty. */
  readonly detail: string;
}

interface Pod {
  readonly metadata: Pick<ObjectMeta, "annotations">;
  readonly spec: Part;
}

type Check = (pod: Pod) => Violation | undefined;

interface CheckEntry {
  readonly level: Exclude<Level, "privileged">;
  /** The check by the first minor version it is of, ascending. */
  readonly versions: readonly (readonly [number, Check])[];
  /** A baseline check that this restricted one stands in for. */
  readonly replaces?: Check;
}

function containersOf({ spec }: Pod): Part[] {
  return [
    ...items(spec.initContainers),
    ...items(spec.containers),
    ...items(spec.ephemeralContainers),
  ];
}

function plural(singular: string, count: number): string {
  return count === 1 ? singular : `${singular}s`;
}

function quoteAll(values: readonly string[]): string {
  return values.map((value) => JSON.stringify(value)).join(", ");
}

function sorted(values: Iterable<string>): string[] {
  return [...new Set(values)].sort();
}

/** `containers "a", "b"`. */
function named(containers: readonly Part[]): string {
  return `${plural("container", containers.length)} ${
    quoteAll(containers.map(({ name }) => name))
  }`;
}

/** `pod and container "a"`. */
function settersOf(pod: boolean, containers: readonly Part[]): string {
  return [...(pod ? ["pod"] : []), ...(containers.length > 0 ? [named(containers)] : [])]
    .join(" and ");
}

/** Pods with user namespaces may be root inside (KEP-127). */
function hasUserNamespace({ spec }: Pod): boolean {
  return spec.hostUsers === false;
}

/** Since 1.35 pods with a user namespace of their own may be root in it. */
function unlessUserNamespace(check: Check): Check {
  return (pod) => hasUserNamespace(pod) ? undefined : check(pod);
}

function unlessWindows(check: Check): Check {
  return (pod) => pod.spec.os?.name === "windows" ? undefined : check(pod);
}

const APPARMOR_PREFIX = "container.apparmor.security.beta.kubernetes.io/";

const appArmorProfile: Check = (pod) => {
  const setters: string[] = [];
  const values: string[] = [];
  const isBad = (type: string | undefined) =>
    type !== undefined && type !== "RuntimeDefault" && type !== "Localhost";
  const own = pod.spec.securityContext?.appArmorProfile?.type;
  if (isBad(own)) {
    setters.push("pod");
    values.push(own);
  }
  const bad = containersOf(pod).filter((one) => isBad(one.securityContext?.appArmorProfile?.type));
  if (bad.length > 0) {
    setters.push(named(bad));
    values.push(...bad.map((one) => one.securityContext.appArmorProfile.type));
  }
  const annotations = Object.entries(pod.metadata.annotations ?? {}).sort();
  for (const [key, value] of annotations) {
    const good = value === "" || value === "runtime/default" || value.startsWith("localhost/");
    if (!key.startsWith(APPARMOR_PREFIX) || good) continue;
    setters.push(`annotation ${JSON.stringify(key)}`);
    values.push(value);
  }
  if (setters.length === 0) return undefined;
  const profiles = sorted(values);
  return {
    reason: plural("forbidden AppArmor profile", profiles.length),
    detail: `${setters.join(" and ")} must not set AppArmor profile type to ${quoteAll(profiles)}`,
  };
};

const DEFAULT_CAPABILITIES: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

function addedCapabilities(container: Part, allowed: (name: string) => boolean): string[] {
  return strings(container.securityContext?.capabilities?.add).filter((name) => !allowed(name));
}

function forbiddenCapabilities(pod: Pod, allowed: (name: string) => boolean): string | undefined {
  const bad = containersOf(pod).filter((one) => addedCapabilities(one, allowed).length > 0);
  if (bad.length === 0) return undefined;
  const names = sorted(bad.flatMap((one) => addedCapabilities(one, allowed)));
  return `${named(bad)} must not include ${quoteAll(names)} in securityContext.capabilities.add`;
}

const capabilitiesBaseline: Check = (pod) => {
  const detail = forbiddenCapabilities(pod, (name) => DEFAULT_CAPABILITIES.has(name));
  return detail === undefined ? undefined : { reason: "non-default capabilities", detail };
};

const capabilitiesRestricted: Check = (pod) => {
  const missing = containersOf(pod).filter((one) =>
    !strings(one.securityContext?.capabilities?.drop).includes("ALL")
  );
  const details = [
    missing.length > 0
      ? `${named(missing)} must set securityContext.capabilities.drop=["ALL"]`
      : undefined,
    forbiddenCapabilities(pod, (name) => name === "NET_BIND_SERVICE"),
  ].filter((detail) => detail !== undefined);
  return details.length === 0
    ? undefined
    : { reason: "unrestricted capabilities", detail: details.join("; ") };
};

const hostNamespaces: Check = ({ spec }) => {
  const used = ["hostNetwork", "hostPID", "hostIPC"].filter((member) => spec[member] === true);
  return used.length === 0 ? undefined : {
    reason: "host namespaces",
    detail: used.map((member) => `${member}=true`).join(", "),
  };
};

const hostPathVolumes: Check = ({ spec }) => {
  const used = items(spec.volumes).filter(({ hostPath }) => hostPath !== undefined);
  return used.length === 0 ? undefined : {
    reason: "hostPath volumes",
    detail: `${plural("volume", used.length)} ${quoteAll(used.map(({ name }) => name))}`,
  };
};

const hostPorts: Check = (pod) => {
  const portsOf = ({ ports }: Part) => items(ports).map(({ hostPort }) => hostPort).filter(Boolean);
  const bad = containersOf(pod).filter((one) => portsOf(one).length > 0);
  if (bad.length === 0) return undefined;
  const ports = sorted(bad.flatMap((one) => portsOf(one).map(String)));
  const verb = bad.length === 1 ? "uses" : "use";
  return {
    reason: "hostPort",
    detail: `${named(bad)} ${verb} ${plural("hostPort", ports.length)} ${ports.join(", ")}`,
  };
};

function probeHosts(container: Part): string[] {
  const handlers: (Part | undefined)[] = [
    container.livenessProbe,
    container.readinessProbe,
    container.startupProbe,
    container.lifecycle?.postStart,
    container.lifecycle?.preStop,
  ];
  return handlers.flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host])
    .filter(Boolean);
}

const hostProbes: Check = (pod) => {
  const bad = containersOf(pod).filter((one) => probeHosts(one).length > 0);
  if (bad.length === 0) return undefined;
  const hosts = sorted(bad.flatMap(probeHosts));
  const verb = bad.length === 1 ? "uses" : "use";
  return {
    reason: "probe or lifecycle host",
    detail: `${named(bad)} ${verb} probe or lifecycle ${plural("host", hosts.length)} ${
      quoteAll(hosts)
    }`,
  };
};

const privileged: Check = (pod) => {
  const bad = containersOf(pod).filter((one) => one.securityContext?.privileged === true);
  return bad.length === 0 ? undefined : {
    reason: "privileged",
    detail: `${named(bad)} must not set securityContext.privileged=true`,
  };
};

const procMount: Check = (pod) => {
  const mountOf = (one: Part): string => one.securityContext?.procMount ?? "Default";
  const bad = containersOf(pod).filter((one) => mountOf(one) !== "Default");
  if (bad.length === 0) return undefined;
  const types = quoteAll(sorted(bad.map(mountOf)));
  return {
    reason: "procMount",
    detail: `${named(bad)} must not set securityContext.procMount to ${types}`,
  };
};

function seLinuxOptions(allowedTypes: readonly string[]): Check {
  const isBadType = (options: Part) => options.type && !allowedTypes.includes(options.type);
  const isBad = (options: Part | undefined) =>
    options !== undefined && Boolean(isBadType(options) || options.user || options.role);
  return (pod) => {
    const own: Part | undefined = pod.spec.securityContext?.seLinuxOptions;
    const bad = containersOf(pod).filter((one) => isBad(one.securityContext?.seLinuxOptions));
    const setters = settersOf(isBad(own), bad);
    if (setters === "") return undefined;
    const all: Part[] = [
      ...(isBad(own) ? [own!] : []),
      ...bad.map((one) => one.securityContext.seLinuxOptions),
    ];
    const types = sorted(all.filter(isBadType).map(({ type }) => type));
    const wrong = [
      ...(types.length > 0 ? [`${plural("type", types.length)} ${quoteAll(types)}`] : []),
      ...(all.some(({ user }) => user) ? ["user may not be set"] : []),
      ...(all.some(({ role }) => role) ? ["role may not be set"] : []),
    ];
    return {
      reason: "seLinuxOptions",
      detail: `${setters} set forbidden securityContext.seLinuxOptions: ${wrong.join("; ")}`,
    };
  };
}

const SELINUX_TYPES: readonly string[] = ["container_t", "container_init_t", "container_kvm_t"];

const SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/";

const seccompAnnotations: Check = (pod) => {
  const annotations = pod.metadata.annotations ?? {};
  const isBad = (value: string | undefined) =>
    value !== undefined && value !== "runtime/default" && value !== "docker/default" &&
    !value.startsWith("localhost/");
  const keys = [SECCOMP_POD, ...containersOf(pod).map(({ name }) => `${SECCOMP_CONTAINER}${name}`)];
  const bad = sorted(
    keys.filter((key) => isBad(annotations[key]))
      .map((key) => `${key}=${JSON.stringify(annotations[key])}`),
  );
  return bad.length === 0 ? undefined : {
    reason: "seccompProfile",
    detail: `forbidden ${plural("annotation", bad.length)} ${bad.join(", ")}`,
  };
};

function seccompType(holder: Part): string | undefined {
  return holder.securityContext?.seccompProfile?.type;
}

function isBadSeccomp(type: string | undefined): boolean {
  return type !== undefined && type !== "RuntimeDefault" && type !== "Localhost";
}

const seccompBaseline: Check = (pod) => {
  const own = seccompType(pod.spec);
  const bad = containersOf(pod).filter((one) => isBadSeccomp(seccompType(one)));
  const setters = settersOf(isBadSeccomp(own), bad);
  if (setters === "") return undefined;
  const types = sorted([...(isBadSeccomp(own) ? [own!] : []), ...bad.map((b) => seccompType(b)!)]);
  return {
    reason: "seccompProfile",
    detail: `${setters} must not set securityContext.seccompProfile.type to ${quoteAll(types)}`,
  };
};

const seccompRestricted: Check = (pod) => {
  const wrong = seccompBaseline(pod);
  if (wrong !== undefined || seccompType(pod.spec) !== undefined) return wrong;
  const missing = containersOf(pod).filter((one) => seccompType(one) === undefined);
  return missing.length === 0 ? undefined : {
    reason: "seccompProfile",
    detail: `pod or ${named(missing)} must set securityContext.seccompProfile.type to ` +
      '"RuntimeDefault" or "Localhost"',
  };
};

const SYSCTLS: readonly string[] = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
];
const SYSCTLS_27: readonly string[] = [...SYSCTLS, "net.ipv4.ip_local_reserved_ports"];
const SYSCTLS_29: readonly string[] = [
  ...SYSCTLS_27,
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
];
const SYSCTLS_32: readonly string[] = [...SYSCTLS_29, "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"];

function sysctls(allowed: readonly string[]): Check {
  return ({ spec }) => {
    const bad = items(spec.securityContext?.sysctls).map(({ name }): string => name)
      .filter((name) => !allowed.includes(name));
    return bad.length === 0
      ? undefined
      : { reason: "forbidden sysctls", detail: sorted(bad).join(", ") };
  };
}

const windowsHostProcess: Check = (pod) => {
  const isBad = (one: Part) => one.securityContext?.windowsOptions?.hostProcess === true;
  const setters = settersOf(isBad(pod.spec), containersOf(pod).filter(isBad));
  return setters === "" ? undefined : {
    reason: "hostProcess",
    detail: `${setters} must not set securityContext.windowsOptions.hostProcess=true`,
  };
};

const allowPrivilegeEscalation: Check = (pod) => {
  const bad = containersOf(pod).filter((one) =>
    one.securityContext?.allowPrivilegeEscalation !== false
  );
  return bad.length === 0 ? undefined : {
    reason: "allowPrivilegeEscalation != false",
    detail: `${named(bad)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

const VOLUMES: readonly string[] = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

function volumeType(volume: Part): string {
  return Object.keys(volume).find((key) => key !== "name") ?? "unknown";
}

const restrictedVolumes: Check = ({ spec }) => {
  const bad = items(spec.volumes).filter((volume) =>
    !VOLUMES.some((type) => volume[type] !== undefined)
  );
  if (bad.length === 0) return undefined;
  const types = sorted(bad.map(volumeType));
  const names = quoteAll(bad.map(({ name }) => name));
  const verb = bad.length === 1 ? "uses" : "use";
  return {
    reason: "restricted volume types",
    detail: `${plural("volume", bad.length)} ${names} ${verb} ${
      plural("restricted volume type", types.length)
    } ${quoteAll(types)}`,
  };
};

const runAsNonRoot: Check = (pod) => {
  const asked = (one: Part): boolean | undefined => one.securityContext?.runAsNonRoot;
  const own = asked(pod.spec);
  const containers = containersOf(pod);
  const setters = settersOf(own === false, containers.filter((one) => asked(one) === false));
  const reason = "runAsNonRoot != true";
  if (setters !== "") {
    return { reason, detail: `${setters} must not set securityContext.runAsNonRoot=false` };
  }
  const missing = own === true ? [] : containers.filter((one) => asked(one) === undefined);
  return missing.length === 0
    ? undefined
    : { reason, detail: `pod or ${named(missing)} must set securityContext.runAsNonRoot=true` };
};

const runAsUser: Check = (pod) => {
  const isRoot = (one: Part) => one.securityContext?.runAsUser === 0;
  const setters = settersOf(isRoot(pod.spec), containersOf(pod).filter(isRoot));
  return setters === ""
    ? undefined
    : { reason: "runAsUser=0", detail: `${setters} must not set runAsUser=0` };
};

// Those of a level are in the order of their identifiers.
const CHECKS: readonly CheckEntry[] = [
  { level: "baseline", versions: [[0, appArmorProfile]] },
  { level: "baseline", versions: [[0, capabilitiesBaseline]] },
  { level: "baseline", versions: [[0, hostNamespaces]] },
  { level: "baseline", versions: [[0, hostPathVolumes]] },
  { level: "baseline", versions: [[0, hostPorts]] },
  { level: "baseline", versions: [[34, hostProbes]] },
  { level: "baseline", versions: [[0, privileged]] },
  { level: "baseline", versions: [[0, procMount], [35, unlessUserNamespace(procMount)]] },
  {
    level: "baseline",
    versions: [
      [0, seLinuxOptions(SELINUX_TYPES)],
      [31, seLinuxOptions([...SELINUX_TYPES, "container_engine_t"])],
    ],
  },
  { level: "baseline", versions: [[0, seccompAnnotations], [19, seccompBaseline]] },
  {
    level: "baseline",
    versions: [
      [0, sysctls(SYSCTLS)],
      [27, sysctls(SYSCTLS_27)],
      [29, sysctls(SYSCTLS_29)],
      [32, sysctls(SYSCTLS_32)],
    ],
  },
  { level: "baseline", versions: [[0, windowsHostProcess]] },
  {
    level: "restricted",
    versions: [[8, allowPrivilegeEscalation], [25, unlessWindows(allowPrivilegeEscalation)]],
  },
  {
    level: "restricted",
    replaces: capabilitiesBaseline,
    versions: [[22, capabilitiesRestricted], [25, unlessWindows(capabilitiesRestricted)]],
  },
  { level: "restricted", replaces: hostPathVolumes, versions: [[0, restrictedVolumes]] },
  { level: "restricted", versions: [[0, runAsNonRoot], [35, unlessUserNamespace(runAsNonRoot)]] },
  { level: "restricted", versions: [[23, runAsUser], [35, unlessUserNamespace(runAsUser)]] },
  {
    level: "restricted",
    replaces: seccompBaseline,
    versions: [[19, seccompRestricted], [25, unlessWindows(seccompRestricted)]],
  },
];

function checksOf({ level, minor }: LevelVersion): Check[] {
  const active: Check[] = [];
  const replaced = new Set<Check>();
  for (const entry of CHECKS) {
    if (entry.level === "restricted" && level !== "restricted") continue;
    const check = entry.versions.findLast(([since]) => since <= minor)?.[1];
    if (check === undefined) continue;
    active.push(check);
    if (entry.replaces !== undefined) replaced.add(entry.replaces);
  }
  return active.filter((check) => !replaced.has(check));
}

/** Everything that is wrong with a pod by that policy. */
export function violations(policy: LevelVersion, pod: Pod): Violation[] {
  if (policy.level === "privileged") return [];
  return checksOf(policy).map((check) => check(pod)).filter((wrong) => wrong !== undefined);
}

/** `privileged (container "a" must …), hostPort (…)`. */
export function printViolations(all: readonly Violation[]): string {
  return all.map(({ reason, detail }) => detail === "" ? reason : `${reason} (${detail})`)
    .join(", ");
}
