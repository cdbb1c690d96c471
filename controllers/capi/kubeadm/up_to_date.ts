// Whether a control plane Machine is what its KubeadmControlPlane asks for,
// and if not, why, as lines of its UpToDate condition. Labels, annotations,
// readiness gates, timeouts and taints are changed in place and never count.
// Source: Cluster API's rollout rules for KubeadmControlPlane.

import {
  clone,
  equal,
  type JsonObject,
  type JsonValue,
  type KubeObject,
} from "../../../runtime/object.ts";
import { CLONED_FROM_GROUP_KIND, CLONED_FROM_NAME } from "./names.ts";
import { configSpec } from "./machine_objects.ts";

const DAY_MS = 86_400_000;

/** Why a Machine is outdated; empty when it is not. */
export function outdatedReasons(
  kcp: KubeObject,
  machine: KubeObject,
  infra: KubeObject | undefined,
  config: KubeObject | undefined,
  now_ms: number,
): string[] {
  const { spec } = kcp;
  const reasons: string[] = [];
  if (machine.spec?.version !== spec?.version) {
    reasons.push(`Version ${machine.spec?.version}, ${spec?.version} required`);
  }
  if (!infraMatches(spec?.machineTemplate?.spec?.infrastructureRef, infra)) {
    reasons.push(`${infra?.kind ?? "Infrastructure"} is not up-to-date`);
  }
  if (config !== undefined && !configMatches(spec, config)) {
    reasons.push("KubeadmConfig is not up-to-date");
  }
  if (certificatesEnd(spec?.rollout, machine, now_ms)) {
    reasons.push("Certificates will expire soon");
  }
  if (rolloutIsDue(spec?.rollout?.after, machine, now_ms)) {
    reasons.push("KubeadmControlPlane spec.rollout.after expired");
  }
  return reasons;
}

function certificatesEnd(
  rollout: JsonObject | undefined,
  machine: KubeObject,
  now_ms: number,
): boolean {
  const days = (rollout?.before as JsonObject | undefined)?.certificatesExpiryDays;
  const expiry = machine.status?.certificatesExpiryDate;
  if (typeof days !== "number" || typeof expiry !== "string") return false;
  return Date.parse(expiry) < now_ms + days * DAY_MS;
}

function rolloutIsDue(after: string | undefined, machine: KubeObject, now_ms: number): boolean {
  if (after === undefined) return false;
  const created = Date.parse(machine.metadata.creationTimestamp ?? "");
  const due = Date.parse(after);
  return due < now_ms && created < due;
}

/** Only the template's name and kind count: its content may change in place. */
function infraMatches(ref: JsonObject | undefined, infra: KubeObject | undefined): boolean {
  const annotations = infra?.metadata.annotations;
  const name = annotations?.[CLONED_FROM_NAME];
  const groupKind = annotations?.[CLONED_FROM_GROUP_KIND];
  if (ref === undefined || name === undefined || groupKind === undefined) return true;
  return name === ref.name && groupKind === `${ref.kind}.${ref.apiGroup}`;
}

/** Whether a KubeadmConfig still says what a new one would say. */
export function configMatches(kcpSpec: JsonObject | undefined, config: KubeObject): boolean {
  const current = (config.spec ?? {}) as JsonObject;
  const wanted = configSpec(kcpSpec ?? {}, "join");
  const wasInit = object(current.joinConfiguration).controlPlane === undefined;
  const asJoin = wasInit ? joinFormOf(current, wanted) : current;
  if (same(wanted, asJoin)) return true;
  return wasInit && same(configSpec(kcpSpec ?? {}, "init"), current);
}

/** What an init configuration would be if its machine had joined. */
function joinFormOf(current: JsonObject, wanted: JsonObject): JsonObject {
  const { initConfiguration, ...rest } = current;
  const init = object(initConfiguration);
  const caCertPath = object(wanted.joinConfiguration).caCertPath;
  return {
    ...rest,
    joinConfiguration: {
      ...(caCertPath === undefined ? {} : { caCertPath }),
      timeouts: init.timeouts,
      patches: init.patches,
      skipPhases: init.skipPhases,
      nodeRegistration: init.nodeRegistration,
      controlPlane: { localAPIEndpoint: init.localAPIEndpoint },
    },
  };
}

function same(wanted: JsonObject, current: JsonObject): boolean {
  return equal(comparable(wanted, current), comparable(current, current));
}

/** A copy with everything that does not matter made equal. `reference` gives what is taken over. */
function comparable(spec: JsonObject, reference: JsonObject): JsonObject {
  const copy = clone(spec);
  copy.format ??= "cloud-config";
  const cluster = { ...object(copy.clusterConfiguration) };
  const taken = object(reference.clusterConfiguration);
  cluster.controlPlaneEndpoint = taken.controlPlaneEndpoint;
  cluster.dns = taken.dns;
  copy.clusterConfiguration = cluster;
  for (const name of ["initConfiguration", "joinConfiguration"]) {
    const configuration = { ...object(copy[name]) };
    const timeouts = { ...object(configuration.timeouts) };
    delete timeouts.controlPlaneComponentHealthCheckSeconds;
    configuration.timeouts = timeouts;
    delete configuration.discovery;
    const registration = { ...object(configuration.nodeRegistration) };
    registration.imagePullPolicy ??= "IfNotPresent";
    configuration.nodeRegistration = registration;
    copy[name] = configuration;
  }
  return (prune(copy) ?? {}) as JsonObject;
}

/** Without what is empty; except taints, where nothing and none are two things. */
function prune(value: JsonValue | undefined, name = ""): JsonValue | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) {
    if (name === "taints") return value;
    return value.length === 0 ? undefined : value.map((item) => prune(item) ?? {});
  }
  const entries = Object.entries(value).flatMap(([key, member]): [string, JsonValue][] => {
    const kept = prune(member, key);
    return kept === undefined ? [] : [[key, kept]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function object(value: JsonValue | undefined): JsonObject {
  return (value ?? {}) as JsonObject;
}
