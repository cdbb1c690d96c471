// Gives services their addresses and ports, and works out their address
// families. Choosing happens before validation, which looks at what was
// chosen; claiming happens when the service is stored. Source:
// pkg/registry/core/service/storage (alloc.go, storage.go).

import { type FieldError, invalid, invalidObject } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { internalError, StatusError } from "../../runtime/status.ts";
import type { StrategyContext } from "../definition.ts";
import { ipFamily } from "./address_validation.ts";
import {
  AddressError,
  checkAddress,
  claimAddress,
  configuredFamilies,
  type IPFamily,
  nextAddress,
  releaseAddress,
} from "./cluster_ip_claims.ts";
import { integer, text } from "./field_messages.ts";
import { PortError, PortOperation } from "./node_port_claims.ts";
import { items, type Part, semanticEqual, strings } from "./part.ts";
import {
  allocatesNodePorts,
  familyPolicy,
  needsClusterIP,
  needsHealthCheck,
  needsNodePort,
  portsOnNodes,
  sameClusterIPs,
} from "./service_shape.ts";
import { validateClusterIPs } from "./service_validation.ts";

const POLICY = "spec.ipFamilyPolicy";

function refuse(object: KubeObject, errors: FieldError[]): StatusError {
  return invalidObject({ group: "", kind: "Service" }, object.metadata.name ?? "", errors);
}

/** Chooses what a new service, or one that changes, is to have. Throws Invalid. */
export function chooseAllocations(
  object: KubeObject,
  old: KubeObject | undefined,
  context: StrategyContext,
): void {
  const spec: Part = object.spec ??= {};
  const before: Part | undefined = old && (old.spec ?? {});
  if (before !== undefined) keepAllocated(spec, before);
  normalizeClusterIPs(spec, before);
  initFamilies(object, spec, before, context);
  chooseAddresses(object, spec, before, context);
  choosePorts(object, spec, before, context);
}

/** Fills in what the client left out but the service already has, so that writing it back changes nothing. */
function keepAllocated(spec: Part, old: Part): void {
  if (needsClusterIP(old) && needsClusterIP(spec)) {
    if (text(spec.clusterIP) === "" && old.clusterIP) spec.clusterIP = old.clusterIP;
    if (strings(spec.clusterIPs).length === 0 && old.clusterIPs) {
      spec.clusterIPs = [...old.clusterIPs];
    }
  }
  if (needsNodePort(old) && needsNodePort(spec)) {
    const mine = new Set(portsOnNodes(spec));
    const used = new Set(portsOnNodes(old).filter((port) => mine.has(port)));
    const byName = new Map(
      items(old.ports).map((port) => [text(port.name), integer(port.nodePort)]),
    );
    for (const port of items(spec.ports)) {
      const known = byName.get(text(port.name)) ?? 0;
      if (integer(port.nodePort) === 0 && known !== 0 && !used.has(known)) port.nodePort = known;
    }
  }
  if (needsHealthCheck(old) && needsHealthCheck(spec) && !spec.healthCheckNodePort) {
    if (old.healthCheckNodePort) spec.healthCheckNodePort = old.healthCheckNodePort;
  }
}

/** Keeps clusterIP and clusterIPs in step where a client knows only one of them. */
function normalizeClusterIPs(spec: Part, old: Part | undefined): void {
  const ip = text(spec.clusterIP);
  if (old === undefined) {
    if (ip !== "" && strings(spec.clusterIPs).length === 0) spec.clusterIPs = [ip];
    return;
  }
  const oldIP = text(old.clusterIP);
  if (ip === oldIP) {
    if (strings(old.clusterIPs).length > 0 && strings(spec.clusterIPs).length === 0) {
      spec.clusterIPs = [...old.clusterIPs];
    }
    return;
  }
  if (!sameClusterIPs(spec, old)) return;
  if (ip === "") delete spec.clusterIPs;
  else spec.clusterIPs = [ip];
}

/** An unchanged PreferDualStack service keeps the families it got, whatever the cluster has now. */
function keepsFamilies(spec: Part, old: Part | undefined): boolean {
  return old !== undefined && old.type === spec.type && needsClusterIP(spec) &&
    familyPolicy(spec) === "PreferDualStack" && familyPolicy(old) === "PreferDualStack" &&
    sameClusterIPs(spec, old) && semanticEqual(spec.ipFamilies, old.ipFamilies);
}

function initFamilies(
  object: KubeObject,
  spec: Part,
  old: Part | undefined,
  { store }: StrategyContext,
): void {
  if (!needsClusterIP(spec) || keepsFamilies(spec, old)) return;
  const headlessWithoutSelector = spec.clusterIP === "None" &&
    Object.keys(spec.selector ?? {}).length === 0;
  if (spec.ipFamilyPolicy === undefined) {
    spec.ipFamilyPolicy = old?.ipFamilyPolicy ??
      (headlessWithoutSelector ? "RequireDualStack" : "SingleStack");
  }
  const loose = validateClusterIPs(spec, old);
  if (loose.length > 0) throw refuse(object, loose);
  const configured = configuredFamilies(store);
  const errors = [
    ...(old === undefined ? [] : reduceToPolicy(spec, old)),
    ...policyErrors(spec),
    ...inferFamilies(spec, configured),
  ];
  if (errors.length > 0) throw refuse(object, errors);
  if (headlessWithoutSelector) return void headlessFamilies(spec, configured);
  finishFamilies(object, spec, configured);
}

/** A change to SingleStack gives the second family up; any other reduction is an error. */
function reduceToPolicy(spec: Part, old: Part): FieldError[] {
  const ips = strings(spec.clusterIPs);
  const families = strings(spec.ipFamilies);
  if (familyPolicy(spec) === "SingleStack") {
    if (sameClusterIPs(spec, old) && ips.length > 1) spec.clusterIPs = ips.slice(0, 1);
    if (semanticEqual(spec.ipFamilies, old.ipFamilies) && families.length > 1) {
      spec.ipFamilies = families.slice(0, 1);
    }
    return [];
  }
  const reduced = (now: string[], before: string[]) =>
    now.length > 0 && now.length < before.length && now[0] === before[0];
  const errors: FieldError[] = [];
  if (reduced(ips, strings(old.clusterIPs))) {
    errors.push(
      invalid(
        POLICY,
        spec.ipFamilyPolicy,
        "must be 'SingleStack' to release the secondary cluster IP",
      ),
    );
  }
  if (reduced(families, strings(old.ipFamilies))) {
    errors.push(
      invalid(
        POLICY,
        spec.ipFamilyPolicy,
        "must be 'SingleStack' to release the secondary IP family",
      ),
    );
  }
  return errors;
}

function policyErrors(spec: Part): FieldError[] {
  if (familyPolicy(spec) !== "SingleStack") return [];
  const errors: FieldError[] = [];
  const need = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
  if (strings(spec.clusterIPs).length === 2) {
    errors.push(invalid(POLICY, spec.ipFamilyPolicy, `${need} cluster IPs are specified`));
  }
  if (strings(spec.ipFamilies).length === 2) {
    errors.push(invalid(POLICY, spec.ipFamilyPolicy, `${need} IP families are specified`));
  }
  return errors;
}

/** Families that are not named follow from the addresses. */
function inferFamilies(spec: Part, configured: readonly IPFamily[]): FieldError[] {
  const errors: FieldError[] = [];
  const ips = strings(spec.clusterIPs);
  for (let i = 0; i < ips.length && ips[i] !== "None"; i++) {
    if (i < strings(spec.ipFamilies).length) continue;
    const family = ipFamily(ips[i]!);
    if (!configured.includes(family as IPFamily)) {
      errors.push(
        invalid(`spec.clusterIPs[${i}]`, ips, `${family} is not configured on this cluster`),
      );
    } else spec.ipFamilies = [...strings(spec.ipFamilies), family];
  }
  return errors;
}

function otherFamily(family: string): IPFamily {
  return family === "IPv4" ? "IPv6" : "IPv4";
}

function headlessFamilies(spec: Part, configured: readonly IPFamily[]): void {
  if (strings(spec.ipFamilies).length === 0) spec.ipFamilies = [configured[0] ?? "IPv4"];
  if (spec.ipFamilies.length < 2 && familyPolicy(spec) !== "SingleStack") {
    spec.ipFamilies = [spec.ipFamilies[0], otherFamily(spec.ipFamilies[0])];
  }
}

function finishFamilies(
  object: KubeObject,
  spec: Part,
  configured: readonly IPFamily[],
): void {
  const errors: FieldError[] = [];
  if (familyPolicy(spec) === "RequireDualStack" && configured.length < 2) {
    errors.push(
      invalid(
        POLICY,
        spec.ipFamilyPolicy,
        "this cluster is not configured for dual-stack services",
      ),
    );
  }
  strings(spec.ipFamilies).forEach((family, i) => {
    if (!configured.includes(family as IPFamily)) {
      errors.push(
        invalid(`spec.ipFamilies[${i}]`, family, "not configured on this cluster"),
      );
    }
  });
  if (errors.length > 0) throw refuse(object, errors);
  if (strings(spec.ipFamilies).length === 0) spec.ipFamilies = [configured[0] ?? "IPv4"];
  if (
    familyPolicy(spec) !== "SingleStack" && spec.ipFamilies.length === 1 &&
    configured.length === 2
  ) {
    spec.ipFamilies = [spec.ipFamilies[0], otherFamily(spec.ipFamilies[0])];
  }
}

function chooseAddresses(
  object: KubeObject,
  spec: Part,
  old: Part | undefined,
  context: StrategyContext,
): void {
  if (!needsClusterIP(spec) || keepsFamilies(spec, old)) return;
  const fresh = old === undefined || !needsClusterIP(old);
  if (!fresh && strings(old.clusterIPs)[0] === "None") return;
  if (strings(spec.clusterIPs)[0] === "None") return;
  const families = strings(spec.ipFamilies);
  const upgraded = !fresh && strings(old.ipFamilies).length === 1 && families.length === 2;
  if (!fresh && !upgraded) return;
  const ips = [...strings(spec.clusterIPs)];
  for (let i = fresh ? 0 : 1; i < families.length; i++) {
    ips[i] = chooseAddress(object, ips[i] ?? "", families[i] as IPFamily, ips, context);
  }
  spec.clusterIPs = ips;
  if (ips[0] !== undefined) spec.clusterIP = ips[0];
}

function chooseAddress(
  object: KubeObject,
  wanted: string,
  family: IPFamily,
  ips: readonly string[],
  context: StrategyContext,
): string {
  try {
    if (wanted !== "") checkAddress(context, wanted, family);
    const address = wanted === "" ? nextAddress(context, family) : wanted;
    if (!context.dryRun && !object.metadata.name) throw new AddressError(namelessParent(address));
    return address;
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    const which = wanted === "" ? "" : ` ${wanted}`;
    const shown = ips.length === 0 ? [""] : ips;
    throw refuse(object, [
      invalid("spec.clusterIPs", shown, `failed to allocate IP${which}: ${error.message}`),
    ]);
  }
}

/** Why an address cannot belong to a service without a name: its IPAddress would not be valid. */
function namelessParent(address: string): string {
  return `IPAddress.networking.k8s.io "${address}" is invalid: spec.parentRef.name: Required value`;
}

function choosePorts(
  object: KubeObject,
  spec: Part,
  old: Part | undefined,
  { store, random, dryRun }: StrategyContext,
): void {
  const onNodes = spec.type === "NodePort" || spec.type === "LoadBalancer";
  if (!onNodes) return;
  const operation = new PortOperation(store, random, dryRun);
  if (old === undefined) initNodePorts(object, spec, operation);
  else updateNodePorts(object, spec, old, operation);
  const health = needsHealthCheck(spec);
  if (health && (old === undefined || !needsHealthCheck(old))) chooseHealthPort(spec, operation);
  else if (!health && old !== undefined && needsHealthCheck(old)) {
    // The port is given back, unless the client insists on it: validation says why it may not.
    if (spec.healthCheckNodePort === old.healthCheckNodePort) delete spec.healthCheckNodePort;
  }
}

function takePort(
  object: KubeObject,
  port: number,
  index: number,
  operation: PortOperation,
): void {
  try {
    operation.allocate(port);
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    throw refuse(object, [invalid(`spec.ports[${index}].nodePort`, port, error.message)]);
  }
}

function takeAnyPort(operation: PortOperation, what: string): number {
  try {
    return operation.allocateNext();
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    throw internalError(`failed to allocate a ${what}: ${error.message}`);
  }
}

/** Ports of the same number (of different protocols) share their node port. */
function initNodePorts(object: KubeObject, spec: Part, operation: PortOperation): void {
  const ports = items(spec.ports);
  const byPort = new Map<number, number>();
  ports.forEach((port, i) => {
    if (!port.nodePort && !allocatesNodePorts(spec)) return;
    const number = integer(port.port);
    const known = byPort.get(number);
    if (known === undefined) {
      const wanted = ports.find((other) => integer(other.port) === number && other.nodePort);
      if (wanted !== undefined) takePort(object, wanted.nodePort, i, operation);
      port.nodePort = wanted?.nodePort ?? takeAnyPort(operation, "nodePort");
      byPort.set(number, port.nodePort);
    } else if (!port.nodePort) port.nodePort = known;
    else if (port.nodePort !== known) takePort(object, port.nodePort, i, operation);
  });
}

function updateNodePorts(
  object: KubeObject,
  spec: Part,
  old: Part,
  operation: PortOperation,
): void {
  const mine = new Set(portsOnNodes(old));
  const seen = new Set<string>();
  items(spec.ports).forEach((port, i) => {
    if (!port.nodePort && !allocatesNodePorts(spec)) return;
    if (!port.nodePort) port.nodePort = takeAnyPort(operation, "nodePort");
    else if (!mine.has(port.nodePort)) {
      takePort(object, port.nodePort, i, operation);
      mine.add(port.nodePort);
    }
    const key = `${text(port.protocol)}/${port.nodePort}`;
    if (seen.has(key)) {
      throw new StatusError(
        500,
        "",
        `duplicate nodePort: {${text(port.protocol)} ${port.nodePort}}`,
      );
    }
    seen.add(key);
  });
}

function chooseHealthPort(spec: Part, operation: PortOperation): void {
  const wanted = integer(spec.healthCheckNodePort);
  if (wanted === 0) {
    spec.healthCheckNodePort = takeAnyPort(operation, "HealthCheck NodePort 0");
    return;
  }
  try {
    operation.allocate(wanted);
  } catch (error) {
    if (!(error instanceof PortError)) throw error;
    throw internalError(
      `failed to allocate requested HealthCheck NodePort ${wanted}: ${error.message}`,
    );
  }
}

function addressesOf(object: KubeObject | undefined): string[] {
  const spec: Part = object?.spec ?? {};
  return needsClusterIP(spec) ? strings(spec.clusterIPs).filter((ip) => ip !== "None") : [];
}

/** Marks the addresses of a service that is about to be stored, and frees those it no longer has. */
export function claimAllocations(
  object: KubeObject,
  old: KubeObject | undefined,
  context: StrategyContext,
): void {
  if (context.dryRun) return;
  const owner = { namespace: object.metadata.namespace ?? "", name: object.metadata.name ?? "" };
  const before = addressesOf(old);
  const now = addressesOf(object);
  for (const address of now) {
    if (!before.includes(address)) claimAddress(context, address, owner);
  }
  for (const address of before) {
    if (!now.includes(address)) releaseAddress(context.store, address, owner);
  }
}

/** Frees the addresses of a service that is gone. */
export function releaseAllocations(object: KubeObject, { store }: StrategyContext): void {
  const owner = { namespace: object.metadata.namespace ?? "", name: object.metadata.name ?? "" };
  for (const address of addressesOf(object)) releaseAddress(store, address, owner);
}
