// Webhooks as the API server calls them: `request` of an AdmissionReview or a
// ConversionReview in, `response` out. No sockets: a server over HTTPS and one
// in process call the same. Source: admission.k8s.io/v1 and
// apiextensions.k8s.io/v1.

import { encodeBase64 } from "../runtime/base64.ts";
import type { Client } from "../runtime/client.ts";
import {
  clone,
  equal,
  isObject,
  type JsonObject,
  type JsonValue,
  type KubeObject,
} from "../runtime/object.ts";
import { internalError, StatusError } from "../runtime/status.ts";
import {
  type ApiVersions,
  type Conversion,
  ConversionError,
  convertObject,
  devConversions,
} from "./conversion/mod.ts";
import type { InfrastructureFeatures } from "./dev_backend.ts";
import { infrastructureWebhooks, type VersionedWebhook } from "./infrastructure.ts";
import type { Webhook, WebhookRequest } from "./webhook.ts";

/** A path and what answers there. */
export interface ReviewEndpoint {
  /** Such as `/convert`. */
  readonly path: string;
  /** `AdmissionReview` or `ConversionReview`. */
  readonly kind: "AdmissionReview" | "ConversionReview";
  /** The `response` to a `request`. The uid is the caller's to add, or {@linkcode answerReview}'s. */
  answer(request: JsonObject): JsonObject | Promise<JsonObject>;
}

/** Options of {@linkcode infrastructureReviews}. */
export interface ReviewOptions extends InfrastructureFeatures {
  /** Reads the management cluster, for webhooks that want to know of other objects. */
  readonly client?: Client;
}

/**
 * All endpoints of the infrastructure provider.
 *
 * @example
 * ```ts
 * import { infrastructureReviews } from "@capim/capim/webhooks";
 *
 * const paths = infrastructureReviews().map(({ path }) => path);
 * console.assert(paths.includes("/convert"));
 * ```
 */
export function infrastructureReviews(options: ReviewOptions = {}): readonly ReviewEndpoint[] {
  return [
    ...infrastructureWebhooks(options).flatMap((one) => admissionEndpoints(one, options.client)),
    conversionEndpoint(devConversions),
  ];
}

/**
 * A whole review with its answer, ready to be sent back. Throws a TypeError,
 * which deserves status 400, when `review` is not one of that endpoint's kind.
 */
export async function answerReview(
  endpoint: ReviewEndpoint,
  review: JsonValue,
): Promise<JsonObject> {
  if (!isObject(review) || review.kind !== endpoint.kind || !isObject(review.request)) {
    throw new TypeError(`${endpoint.path} wants a ${endpoint.kind} with a request`);
  }
  const { apiVersion = "", kind, request } = review;
  const response = await endpoint.answer(request);
  return { apiVersion, kind, response: { uid: request.uid ?? "", ...response } };
}

/** Where the webhook of a kind is served: `/mutate-GROUP-VERSION-KIND` and the like, with dashes for dots. */
export function webhookPath(
  verb: "mutate" | "validate",
  { version, kind, webhook }: VersionedWebhook,
): string {
  return `/${verb}-${webhook.group.replaceAll(".", "-")}-${version}-${kind.toLowerCase()}`;
}

function admissionEndpoints(
  versioned: VersionedWebhook,
  client: Client | undefined,
): ReviewEndpoint[] {
  const { webhook } = versioned;
  const endpoint = (
    verb: "mutate" | "validate",
    answer: ReviewEndpoint["answer"],
  ): ReviewEndpoint => ({ path: webhookPath(verb, versioned), kind: "AdmissionReview", answer });
  return [
    ...(webhook.default === undefined
      ? []
      : [endpoint("mutate", (request) => refusable(() => mutate(webhook, request, client)))]),
    ...(webhook.validate === undefined
      ? []
      : [endpoint("validate", (request) => refusable(() => validate(webhook, request, client)))]),
  ];
}

async function mutate(
  webhook: Webhook,
  review: JsonObject,
  client: Client | undefined,
): Promise<JsonObject> {
  const request = requestOf(review, client);
  const before = request.object as unknown as JsonObject;
  const object = clone(request.object);
  await webhook.default?.({ ...request, object });
  const after = object as unknown as JsonObject;
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const patch = [...names].filter((name) => !equal(before[name], after[name])).map((name) =>
    after[name] === undefined
      ? { op: "remove", path: `/${name}` }
      : { op: "add", path: `/${name}`, value: after[name] }
  );
  if (patch.length === 0) return { allowed: true };
  const bytes = new TextEncoder().encode(JSON.stringify(patch));
  return { allowed: true, patchType: "JSONPatch", patch: encodeBase64(bytes) };
}

async function validate(
  webhook: Webhook,
  review: JsonObject,
  client: Client | undefined,
): Promise<JsonObject> {
  const warnings = await webhook.validate?.(requestOf(review, client)) ?? [];
  return { allowed: true, ...(warnings.length === 0 ? {} : { warnings: [...warnings] }) };
}

/** A refusal is an answer; anything else that goes wrong is told as status 500. */
async function refusable(work: () => Promise<JsonObject>): Promise<JsonObject> {
  try {
    return await work();
  } catch (error) {
    const refusal = error instanceof StatusError
      ? error
      : internalError(error instanceof Error ? error.message : String(error));
    return { allowed: false, status: clone(refusal.status) as unknown as JsonObject };
  }
}

function requestOf(review: JsonObject, client: Client | undefined): WebhookRequest {
  const { operation, object, oldObject, dryRun, subResource } = review;
  const subject = isObject(object) ? object : oldObject;
  if (!isObject(subject)) throw new TypeError(`${operation} without an object`);
  return {
    operation: operation === "CREATE" || operation === "UPDATE" ? operation : "DELETE",
    object: subject as unknown as KubeObject,
    ...(isObject(oldObject) ? { old: oldObject as unknown as KubeObject } : {}),
    dryRun: dryRun === true,
    ...(typeof subResource === "string" && subResource !== "" ? { subresource: subResource } : {}),
    ...(client === undefined ? {} : { client }),
  };
}

/**
 * Where definitions with the webhook strategy have their objects converted.
 * `versions` is asked once for each review. Default: references name no version.
 */
export function conversionEndpoint(
  conversions: readonly Conversion[],
  versions: () => Promise<ApiVersions> | undefined = () => undefined,
): ReviewEndpoint {
  return {
    path: "/convert",
    kind: "ConversionReview",
    async answer({ objects, desiredAPIVersion }) {
      const apiVersions = await versions();
      const to = String(desiredAPIVersion);
      try {
        const convertedObjects = (Array.isArray(objects) ? objects : []).map((object) =>
          convertObject(conversions, object as unknown as KubeObject, to, apiVersions)
        );
        return {
          convertedObjects: convertedObjects as unknown as JsonValue[],
          result: { status: "Success" },
        };
      } catch (error) {
        if (!(error instanceof ConversionError)) throw error;
        return { result: { status: "Failure", message: error.message } };
      }
    },
  };
}
