// The backend of the Dev kinds: which there is, and that it is the one in
// memory. The development provider's own default is containers; here the only
// backend is the default. Source: the webhooks of the development provider.

import { type FieldError, forbiddenField, invalid, invalidObject } from "../runtime/field/error.ts";
import { clone, equal, type JsonObject, type KubeObject } from "../runtime/object.ts";
import { type TemplateMetadata, validateTemplateMetadata } from "./template_metadata.ts";
import { changesSpec, type Webhook, type WebhookRequest } from "./webhook.ts";

const GROUP = "infrastructure.cluster.x-k8s.io";
/** Annotation: the topology controller compares, and creates nothing. */
const TOPOLOGY_DRY_RUN = "topology.cluster.x-k8s.io/dry-run";

/** Which features of Cluster API are on in the management cluster. */
export interface InfrastructureFeatures {
  /** `ClusterTopology`; default on. Off: templates of clusters are refused. */
  readonly topology?: boolean;
}

/** Fills in the backend of a spec, in place. */
export function defaultBackend(spec: JsonObject | undefined): void {
  if (spec === undefined) return;
  const backend = (spec.backend ?? {}) as JsonObject;
  if (Object.keys(backend).length === 0) spec.backend = { inMemory: {} };
}

/** What is wrong with the backend of a spec. */
export function validateBackend(spec: JsonObject | undefined, path: string): FieldError[] {
  const { docker, inMemory } = (spec?.backend ?? {}) as JsonObject;
  if (docker !== undefined) {
    return [
      forbiddenField(
        `${path}.backend.docker`,
        "containers are not served by this provider; set spec.backend.inMemory instead",
      ),
    ];
  }
  return inMemory === undefined
    ? [invalid(`${path}.backend`, spec?.backend ?? {}, "inMemory must be set")]
    : [];
}

/** What the four webhooks share. */
export interface DevWebhook {
  readonly kind: string;
  readonly resource: string;
  /** What is wrong with the spec beside its backend. */
  validateSpec?(spec: JsonObject | undefined, path: string): FieldError[];
}

/** The webhook of a kind. */
export function devWebhook({ kind, resource, validateSpec }: DevWebhook): Webhook {
  return {
    group: GROUP,
    resource,
    default({ object }) {
      defaultBackend(object.spec);
    },
    validate(request) {
      if (!changesSpec(request)) return;
      const { object } = request;
      refuse(kind, object, [
        ...validateBackend(object.spec, "spec"),
        ...validateSpec?.(object.spec, "spec") ?? [],
      ]);
    },
  };
}

/** The webhook of a kind's template. `mayCreate` answers what stands in the way of a new one. */
export function devTemplateWebhook(
  { kind, resource, validateSpec }: DevWebhook,
  mayCreate: () => FieldError[] = () => [],
): Webhook {
  const path = "spec.template.spec";
  return {
    group: GROUP,
    resource,
    default({ object }) {
      defaultBackend(object.spec?.template?.spec);
    },
    validate(request) {
      if (!changesSpec(request)) return;
      const { operation, object } = request;
      const { metadata, spec }: { metadata?: TemplateMetadata; spec?: JsonObject } =
        object.spec?.template ?? {};
      refuse(kind, object, [
        ...(operation === "CREATE" ? mayCreate() : validateImmutable(kind, path, request)),
        ...validateBackend(spec, path),
        ...validateSpec?.(spec, path) ?? [],
        ...validateTemplateMetadata(metadata, "spec.template.metadata"),
      ]);
    },
  };
}

/** A topology's dry run compares changed templates; it stores none. */
function validateImmutable(
  kind: string,
  path: string,
  { object, old, dryRun }: WebhookRequest,
): FieldError[] {
  if (dryRun && object.metadata.annotations?.[TOPOLOGY_DRY_RUN] !== undefined) return [];
  const [before, after] = [old, object].map((one) => {
    const spec = clone<JsonObject>(one?.spec?.template?.spec ?? {});
    defaultBackend(spec);
    return spec;
  });
  if (equal(before, after)) return [];
  const detail = `${kind} ${path} field is immutable. Please create a new resource instead.`;
  return [invalid(path, after, detail)];
}

function refuse(kind: string, { metadata }: KubeObject, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: GROUP, kind }, metadata.name ?? "", errors);
}
