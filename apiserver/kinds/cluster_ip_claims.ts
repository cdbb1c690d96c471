// Addresses of services: which ranges the cluster has (ServiceCIDR objects)
// and which addresses are taken (IPAddress objects). Source: the ranges and
// the texts of pkg/registry/core/service/ipallocator.

import { rfc3339 } from "../../runtime/clock.ts";
import { type CIDR, containsIP, parseCIDR, parseIP, printIP } from "../../runtime/ip.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { Store } from "../../runtime/store/types.ts";
import type { StrategyContext } from "../definition.ts";
import { items, strings } from "./part.ts";

const ADDRESSES = "networking.k8s.io/ipaddresses";
const RANGES = "networking.k8s.io/servicecidrs";
const DEFAULT_RANGE_NAME = "kubernetes";
const DEFAULT_RANGE = "10.96.0.0/12";
const DRAWS_MAX = 64;
// As many are looked at one by one before a range counts as full.
const SCAN_MAX = 65_536n;
const MANAGED_BY = "ipaddress.kubernetes.io/managed-by";

/** An address family. */
export type IPFamily = "IPv4" | "IPv6";

/** An address cannot be had; the message says why. */
export class AddressError extends Error {}

interface Range {
  readonly text: string;
  readonly cidr: CIDR;
  readonly family: IPFamily;
}

function rangeOf(text: string): Range | undefined {
  const cidr = parseCIDR(text);
  return cidr && { text, cidr, family: cidr.address.family === 4 ? "IPv4" : "IPv6" };
}

function isReady(object: KubeObject): boolean {
  if (object.metadata.deletionTimestamp) return false;
  const ready = items(object.status?.conditions).find(({ type }) => type === "Ready");
  return ready === undefined || ready.status === "True";
}

/** The families the cluster has addresses of, the default one first. */
export function configuredFamilies(store: Store): IPFamily[] {
  const object = store.get(RANGES, DEFAULT_RANGE_NAME)?.object;
  const texts = object === undefined ? [DEFAULT_RANGE] : strings(object.spec?.cidrs);
  return texts.flatMap((text) => rangeOf(text)?.family ?? []);
}

function rangesOf(store: Store, family: IPFamily): Range[] {
  const found: Range[] = [];
  for (const { object } of store.list(RANGES).entries) {
    if (!isReady(object)) continue;
    for (const text of strings(object.spec?.cidrs)) {
      const range = rangeOf(text);
      if (range?.family !== family) continue;
      // The default range is where addresses come from first.
      if (object.metadata.name === DEFAULT_RANGE_NAME) found.unshift(range);
      else found.push(range);
    }
  }
  const fallback = rangeOf(DEFAULT_RANGE)!;
  return found.length === 0 && family === "IPv4" ? [fallback] : found;
}

function toNumber(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

function toText(value: bigint, family: IPFamily): string {
  const bytes = new Uint8Array(16);
  for (let i = 15, rest = value; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return printIP({
    family: family === "IPv4" ? 4 : 6,
    bytes,
    mapped: false,
    strict: true,
  });
}

/** The first and last address of a range that services may have. */
function boundsOf({ cidr, family }: Range): { base: bigint; first: bigint; last: bigint } {
  const bits = BigInt((family === "IPv4" ? 32 : 128) - cidr.prefix);
  const size = 1n << bits;
  const base = (toNumber(cidr.address.bytes) >> bits) << bits;
  // The first is the network's own; the last one is IPv4's broadcast.
  const last = base + size - (family === "IPv4" ? 2n : 1n);
  return { base, first: base + 1n, last };
}

/** The first address of a range that a service may have, and its family; `undefined` of what is no range. */
export function firstAddress(text: string): { address: string; family: IPFamily } | undefined {
  const range = rangeOf(text);
  if (range === undefined) return undefined;
  return { address: toText(boundsOf(range).first, range.family), family: range.family };
}

function isTaken(store: Store, address: string): boolean {
  return store.get(ADDRESSES, address) !== undefined;
}

/** Checks that a service may have this address. Throws {@linkcode AddressError}. */
export function checkAddress(
  { store, dryRun }: StrategyContext,
  address: string,
  family: IPFamily,
): void {
  const ip = parseIP(address)!;
  const ranges = rangesOf(store, family);
  const range = ranges.find(({ cidr }) => containsIP(cidr, ip));
  if (dryRun) {
    if (range === undefined) throw notInRange(address, ranges[0]!.text);
    return;
  }
  if (range === undefined) {
    throw new AddressError("the provided network does not match the current range");
  }
  const { first, last } = boundsOf(range);
  const value = toNumber(ip.bytes);
  if (value < first || value > last) throw notInRange(address, range.text);
  if (isTaken(store, printIP(ip))) throw new AddressError("provided IP is already allocated");
}

function notInRange(address: string, range: string): AddressError {
  return new AddressError(
    `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${range}`,
  );
}

/** Any address of the family that is free. Throws {@linkcode AddressError}. */
export function nextAddress(context: StrategyContext, family: IPFamily): string {
  const { store, random, dryRun } = context;
  for (const range of rangesOf(store, family)) {
    const { base, first, last } = boundsOf(range);
    // A dry run does not look for one that is free, as upstream.
    if (dryRun) return toText(base, family);
    const size = last - first + 1n;
    const free = (offset: bigint): string | undefined => {
      const address = toText(first + offset, family);
      return isTaken(store, address) ? undefined : address;
    };
    // Low addresses are left to those who ask for one, as long as there are others.
    const reserved = staticAddresses(size);
    const dynamic = size - reserved;
    for (let i = 0; i < DRAWS_MAX && dynamic > 0n; i++) {
      const offset = BigInt(Math.floor(random.next() * Number(dynamic)));
      const address = free(reserved + offset);
      if (address !== undefined) return address;
    }
    for (let i = 0n; i < size && i < SCAN_MAX; i++) {
      const address = free((reserved + i) % size);
      if (address !== undefined) return address;
    }
  }
  throw new AddressError("range is full");
}

function staticAddresses(size: bigint): bigint {
  if (size < 16n) return 0n;
  const share = size / 16n;
  return share < 16n ? 16n : share > 256n ? 256n : share;
}

/** Whom the addresses belong to. */
interface Owner {
  readonly namespace: string;
  readonly name: string;
}

/** Marks an address as taken. */
export function claimAddress(context: StrategyContext, address: string, owner: Owner): void {
  const { store, clock, random } = context;
  const ip = parseIP(address)!;
  const name = printIP(ip);
  if (isTaken(store, name)) return;
  const now = rfc3339(clock.now());
  const labels = {
    "ipaddress.kubernetes.io/ip-family": ip.family === 4 ? "IPv4" : "IPv6",
    [MANAGED_BY]: "ipallocator.k8s.io",
  };
  store.put(ADDRESSES, name, {
    kind: "IPAddress",
    apiVersion: "networking.k8s.io/v1",
    metadata: {
      name,
      uid: random.uuid(),
      creationTimestamp: now,
      labels,
      managedFields: [{
        manager: "kube-apiserver",
        operation: "Update",
        apiVersion: "networking.k8s.io/v1",
        time: now,
        fieldsType: "FieldsV1",
        fieldsV1: {
          "f:metadata": {
            "f:labels": {
              ".": {},
              ...Object.fromEntries(Object.keys(labels).map((key) => [`f:${key}`, {}])),
            },
          },
          "f:spec": {
            "f:parentRef": { ".": {}, "f:name": {}, "f:namespace": {}, "f:resource": {} },
          },
        },
      }],
    },
    spec: {
      parentRef: { resource: "services", namespace: owner.namespace, name: owner.name },
    },
  }, 0);
}

/** Gives an address back, if it belongs to that service. */
export function releaseAddress(store: Store, address: string, owner: Owner): void {
  const ip = parseIP(address);
  if (ip === undefined) return;
  const name = printIP(ip);
  const object = store.get(ADDRESSES, name)?.object;
  const parent = object?.spec?.parentRef;
  if (parent?.namespace !== owner.namespace || parent?.name !== owner.name) return;
  if (object?.metadata.labels?.[MANAGED_BY] !== undefined) store.remove(ADDRESSES, name);
}
