// How objects of other providers are found and read: a definition's labels
// say which of its versions speaks which version of the contract, and the
// contract says where the facts stand. Source: Cluster API's provider
// contracts, v1beta1 and v1beta2.

import type { Client, ResourceRef } from "../../../runtime/client.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import type { ReferenceResolver } from "../kubeadm/services.ts";
import { DEFINITIONS } from "./names.ts";

/** A version of the provider contract. */
export type Contract = "v1beta1" | "v1beta2";

/** A reference to an object of another provider in the same namespace. */
export interface ContractReference {
  /** The API group of the object. */
  readonly apiGroup: string;
  /** The kind of the object. */
  readonly kind: string;
  /** The name of the object. */
  readonly name: string;
}

/** How a kind is read. */
export interface ResolvedKind {
  /** Which resource. */
  readonly resource: ResourceRef;
  /** The version of the contract it speaks. */
  readonly contract: Contract;
}

// The newest first.
const CONTRACTS: readonly Contract[] = ["v1beta2", "v1beta1"];

/** The plural resource name that a kind has by convention. */
export function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  if (/(?:s|x|z|ch|sh)$/.test(lower)) return `${lower}es`;
  if (/[^aeiou]y$/.test(lower)) return `${lower.slice(0, -1)}ies`;
  return `${lower}s`;
}

/** The newest contract that a definition's labels name, and the newest of its versions that speaks it. */
export function contractVersion(
  { metadata }: KubeObject,
): { readonly contract: Contract; readonly version: string } | undefined {
  for (const contract of CONTRACTS) {
    const version = metadata.labels?.[`cluster.x-k8s.io/${contract}`]?.split("_").at(-1);
    if (version) return { contract, version };
  }
  return undefined;
}

/** Finds kinds through their definitions. */
export class ContractResolver implements ReferenceResolver {
  readonly #client: Client;

  /** Reads definitions through `client`. */
  constructor(client: Client) {
    this.#client = client;
  }

  /** How to read a kind. Throws when it is not installed or speaks no contract that is known here. */
  async resolve(group: string, kind: string): Promise<ResolvedKind> {
    const plural = pluralOf(kind);
    const name = `${plural}.${group}`;
    const definition = await this.#client.get(DEFINITIONS, { name });
    const spoken = contractVersion(definition);
    if (spoken === undefined) {
      throw new Error(
        `cannot find any versions matching contract versions ${
          CONTRACTS.join(", ")
        } for CRD ${name}`,
      );
    }
    const { contract, version } = spoken;
    if (!servedVersions(definition).includes(version)) {
      throw new Error(
        `definition ${name} names version "${version}" for contract ${contract}, but does not serve it`,
      );
    }
    return { resource: { apiVersion: `${group}/${version}`, resource: plural }, contract };
  }

  /** The resource of a kind. */
  async resourceOf(group: string, kind: string): Promise<ResourceRef> {
    return (await this.resolve(group, kind)).resource;
  }
}

function servedVersions(definition: KubeObject): string[] {
  const versions: { name: string; served: boolean }[] = definition.spec?.versions ?? [];
  return versions.filter(({ served }) => served).map(({ name }) => name);
}

/** Whether an infrastructure cluster or machine is provisioned. */
export function isProvisioned({ status }: KubeObject, contract: Contract): boolean {
  return (contract === "v1beta2" ? status?.initialization?.provisioned : status?.ready) === true;
}

/** Whether bootstrap data has been made. */
export function isDataSecretCreated({ status }: KubeObject, contract: Contract): boolean {
  return (contract === "v1beta2" ? status?.initialization?.dataSecretCreated : status?.ready) ===
    true;
}

/** Whether a control plane has been initialized. */
export function isInitialized({ status }: KubeObject, contract: Contract): boolean {
  return (contract === "v1beta2"
    ? status?.initialization?.controlPlaneInitialized
    : status?.initialized) === true;
}

/** A failure domain as a Cluster lists it. */
export interface FailureDomain {
  /** The name of the object. */
  name: string;
  /** Whether control plane machines may be there. */
  controlPlane?: boolean;
  /** Further facts. */
  attributes?: Record<string, string>;
}

/** The failure domains of an infrastructure cluster by name; `undefined` when it has none. */
export function failureDomainsOf(
  { status }: KubeObject,
  contract: Contract,
): FailureDomain[] | undefined {
  const domains = status?.failureDomains;
  if (domains === undefined) return undefined;
  const list: FailureDomain[] = contract === "v1beta2"
    ? [...domains]
    : Object.entries<Omit<FailureDomain, "name">>(domains).map(([name, rest]) => ({
      name,
      ...rest,
    }));
  return list.length === 0
    ? undefined
    : list.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

/** The counters of a control plane object. */
export interface ControlPlaneCounters {
  /** As many as are wanted. */
  readonly desired?: number;
  /** As many as there are. */
  readonly replicas?: number;
  /** As many as are up to date. */
  readonly upToDate?: number;
  /** As many as are Ready. */
  readonly ready?: number;
  /** As many as are Available. */
  readonly available?: number;
}

/** The counters of a control plane object, as far as it has them. */
export function controlPlaneCounters(
  { spec, status }: KubeObject,
  contract: Contract,
): ControlPlaneCounters {
  const old = contract === "v1beta1";
  const unavailable: number | undefined = status?.unavailableReplicas;
  const counters: Record<string, number | undefined> = {
    desired: spec?.replicas,
    replicas: status?.replicas,
    upToDate: old ? status?.updatedReplicas : status?.upToDateReplicas,
    ready: status?.readyReplicas,
    available: !old
      ? status?.availableReplicas
      : spec?.replicas === undefined || unavailable === undefined
      ? undefined
      : spec.replicas - unavailable,
  };
  return Object.fromEntries(Object.entries(counters).filter(([, value]) => value !== undefined));
}
