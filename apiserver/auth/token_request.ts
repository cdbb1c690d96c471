// The `token` subresource of service accounts: hands out a bound token.
// Source: pkg/registry/core/serviceaccount/storage/token.go and
// pkg/apis/authentication/validation.

import { rfc3339 } from "../../runtime/clock.ts";
import { type FieldError, invalid, invalidObject } from "../../runtime/field/error.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { badRequest, conflict, internalError, notFound } from "../../runtime/status.ts";
import type { ObjectResult, RequestContext, Target, WriteRequestOptions } from "../request.ts";
import {
  type AdmissionRequest,
  admit,
  validate,
  writeOptionsObject,
} from "../registry/admission.ts";
import type { Environment } from "../registry/environment.ts";
import { trackFields } from "../registry/managed_fields.ts";
import type { SubresourceHandler } from "../registry/subresources.ts";
import { type ObjectClaim, TOKEN_ISSUER, type TokenContent } from "./service_account_tokens.ts";

const DEFAULT_LIFETIME_S = 3600;
const LIFETIME_MIN_S = 600;
const LIFETIME_MAX_S = 2 ** 32;
/** What kubelets ask for on behalf of pods; such tokens live for a year. */
const POD_LIFETIME_S = 3607;
const EXTENDED_LIFETIME_S = 365 * 24 * 3600;
const GROUP_KIND = { group: "authentication.k8s.io", kind: "TokenRequest" };

interface BoundObjectReference {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly name?: string;
  readonly uid?: string;
}

type Bound = Pick<TokenContent, "pod" | "secret" | "node">;

/** Answers creations of TokenRequests. */
export const tokenRequest: SubresourceHandler = { create };

async function create(
  env: Environment,
  context: RequestContext,
  target: Target,
  object: KubeObject,
  options: WriteRequestOptions,
): Promise<ObjectResult> {
  const { namespace, name } = target;
  const tokens = env.tokens;
  if (tokens === undefined) throw internalError("there is no token issuer");
  (object["spec"] ??= {})["expirationSeconds"] ??= DEFAULT_LIFETIME_S;
  object.metadata ??= {};
  trackFields(env, context, asMainTarget(target), {}, options, object, undefined);
  const { managedFields } = object.metadata;
  const request = admissionRequest(context, target, object, options);
  await admit(env, request);
  matchTarget(object, target);
  const account = env.store.get("/serviceaccounts", `${namespace}/${name}`)?.object;
  if (account === undefined) throw notFound({ group: "", resource: "serviceaccounts" }, name);
  const now_ms = env.clock.now();
  const spec = object["spec"];
  if (!Array.isArray(spec["audiences"]) || spec["audiences"].length === 0) {
    spec["audiences"] = [TOKEN_ISSUER];
  }
  object.metadata = {
    name,
    namespace,
    uid: env.random.uuid(),
    creationTimestamp: rfc3339(now_ms),
    ...(managedFields === undefined ? {} : { managedFields }),
  };
  delete object["status"];
  const errors = validateLifetime(spec["expirationSeconds"] as number);
  if (errors.length > 0) throw invalidObject(GROUP_KIND, "", errors);
  await validate(env, request);
  const bound = boundObject(env, account, spec["boundObjectRef"] as BoundObjectReference);
  const asked_s = spec["expirationSeconds"] as number;
  const audiences = spec["audiences"] as string[];
  const extended = bound.pod !== undefined && asked_s === POD_LIFETIME_S &&
    audiences.every((audience) => audience === TOKEN_ISSUER);
  const token = tokens.issue({
    serviceAccount: account,
    audiences,
    now_ms,
    lifetime_s: extended ? EXTENDED_LIFETIME_S : asked_s,
    ...(extended ? { warnAfter_s: asked_s } : {}),
    ...bound,
  });
  spec["boundObjectRef"] ??= null;
  object["status"] = { token, expirationTimestamp: rfc3339(now_ms + asked_s * 1000) };
  return { object: ordered(object), created: true };
}

/** The target as if TokenRequests were a resource of their own: they own their fields. */
function asMainTarget(target: Target): Target {
  const { definition, subresource } = target;
  const { group = "", version = "", schema = definition.schema } = subresource ?? {};
  return { ...target, definition: { ...definition, group, version, schema } };
}

/** Whatever the body says of its name has to be the account's. */
function matchTarget({ metadata }: KubeObject, { name, namespace }: Target): void {
  if (metadata?.name && metadata.name !== name) {
    throw invalidObject(GROUP_KIND, name, [
      invalid("metadata.name", metadata.name, "must match the service account name if specified"),
    ]);
  }
  if (metadata?.namespace && metadata.namespace !== namespace) {
    throw invalidObject(GROUP_KIND, name, [
      invalid(
        "metadata.namespace",
        metadata.namespace,
        "must match the service account namespace if specified",
      ),
    ]);
  }
}

function admissionRequest(
  context: RequestContext,
  target: Target,
  object: KubeObject,
  options: WriteRequestOptions,
): AdmissionRequest {
  return {
    context,
    target,
    operation: "CREATE",
    dryRun: options.dryRun,
    options: writeOptionsObject("CreateOptions", options),
    object,
  };
}

function validateLifetime(lifetime_s: number): FieldError[] {
  const field = "spec.expirationSeconds";
  if (lifetime_s < LIFETIME_MIN_S) {
    return [invalid(field, lifetime_s, "may not specify a duration less than 10 minutes")];
  }
  return lifetime_s > LIFETIME_MAX_S
    ? [invalid(field, lifetime_s, "may not specify a duration larger than 2^32 seconds")]
    : [];
}

/** What the token is bound to. Throws when that is not there or another one. */
function boundObject(
  env: Environment,
  account: KubeObject,
  reference: BoundObjectReference | null | undefined,
): Bound {
  if (!reference) return {};
  const { kind = "", apiVersion = "", name = "", uid } = reference;
  const slash = apiVersion.indexOf("/");
  const group = slash < 0 ? "" : apiVersion.slice(0, slash);
  const { namespace } = account.metadata;
  const find = (resource: string, key: string): KubeObject => {
    const found = env.store.get(`/${resource}`, key)?.object;
    if (found === undefined) throw notFound({ group: "", resource }, name);
    if (uid && uid !== found.metadata.uid) {
      throw conflict(
        { group, resource: kind },
        name,
        `the UID in the bound object reference (${uid}) does not match the UID in record. ` +
          "The object might have been deleted and then recreated",
      );
    }
    return found;
  };
  switch (group === "" ? kind : "") {
    case "Pod":
      return podClaims(env, account, find("pods", `${namespace}/${name}`));
    case "Secret":
      return { secret: claimOf(find("secrets", `${namespace}/${name}`)) };
    case "Node":
      return { node: claimOf(find("nodes", name)) };
    default: {
      const version = apiVersion.slice(slash + 1);
      throw badRequest(
        `cannot bind token to object of type ${group}/${version}, Kind=${kind}`,
      );
    }
  }
}

function podClaims(env: Environment, account: KubeObject, pod: KubeObject): Bound {
  const { name } = account.metadata;
  if (pod["spec"]?.serviceAccountName !== name) {
    throw badRequest(
      `cannot bind token for serviceaccount ${
        JSON.stringify(name)
      } to pod running with different serviceaccount name.`,
    );
  }
  const nodeName = pod["spec"].nodeName;
  if (!nodeName) return { pod: claimOf(pod) };
  const node = env.store.get("/nodes", nodeName)?.object;
  return {
    pod: claimOf(pod),
    node: node === undefined ? { name: nodeName } : claimOf(node),
  };
}

function claimOf({ metadata }: KubeObject): ObjectClaim {
  return { name: metadata.name!, uid: metadata.uid! };
}

/** Members in the order of the Go type. */
function ordered(object: KubeObject): KubeObject {
  const { audiences, expirationSeconds, boundObjectRef } = object["spec"] as JsonObject;
  return {
    kind: GROUP_KIND.kind,
    apiVersion: `${GROUP_KIND.group}/v1`,
    metadata: object.metadata,
    spec: {
      audiences: audiences!,
      expirationSeconds: expirationSeconds!,
      boundObjectRef: boundObjectRef!,
    },
    status: object["status"],
  };
}
