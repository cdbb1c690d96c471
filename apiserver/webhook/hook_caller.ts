// Asks one admission webhook about one request. Mutating and validating
// webhooks are asked alike; what becomes of the answer differs.
// Source: k8s.io/apiserver admission/plugin/webhook mutating/dispatcher.go and
// validating/dispatcher.go.

import type { JsonObject } from "../../runtime/object.ts";
import { badRequest, internalError, type Status, StatusError } from "../../runtime/status.ts";
import type { AdmissionAttributes, AdmissionServices } from "../admission/plugin.ts";
import {
  type AdmissionAnswer,
  admissionReview,
  InvalidAnswer,
  reviewVersion,
  verifyAnswer,
} from "./admission_review.ts";
import type { Invocation } from "./match.ts";
import type { VersionedObjects } from "./versioned_objects.ts";
import { WebhookCallError, type WebhookClient } from "./webhook_client.ts";

const TIMEOUT_SECONDS = 10;

/** A webhook could not be asked, or did not answer well. Its failure policy decides what that means. */
export class HookFailure extends Error {
  /** Of the webhook with that name. */
  constructor(name: string, why: string) {
    super(`failed calling webhook ${JSON.stringify(name)}: ${why}`);
    this.name = "HookFailure";
  }

  /** What the client gets when the failure may not be ignored. */
  get status(): StatusError {
    return internalError(this.message);
  }
}

/** An answer that allows the request. Throws {@linkcode HookFailure}, or what the client gets when the webhook refuses. */
export async function askHook(
  client: WebhookClient,
  invocation: Invocation,
  attributes: AdmissionAttributes,
  objects: VersionedObjects,
  services: AdmissionServices,
  mutating: boolean,
): Promise<AdmissionAnswer> {
  const begun_ms = services.clock.now();
  const told = (code: number, rejected: boolean, failed: boolean) => {
    const duration_ms = services.clock.now() - begun_ms;
    attributes.context.waited?.(duration_ms);
    const { hook: { spec: { name } } } = invocation;
    const { operation } = attributes;
    services.metrics?.webhook({ name, operation, mutating, duration_ms, code, rejected, failed });
  };
  try {
    const answer = await ask(client, invocation, attributes, objects, services, mutating);
    told(200, false, false);
    return answer;
  } catch (error) {
    const failed = error instanceof HookFailure;
    const status = failed ? error.status : error;
    const rejected = !failed || invocation.hook.spec.failurePolicy !== "Ignore";
    told(status instanceof StatusError ? status.code : 500, rejected, failed);
    throw error;
  }
}

async function ask(
  client: WebhookClient,
  invocation: Invocation,
  attributes: AdmissionAttributes,
  objects: VersionedObjects,
  services: AdmissionServices,
  mutating: boolean,
): Promise<AdmissionAnswer> {
  const { spec } = invocation.hook;
  const { name, sideEffects } = spec;
  if (attributes.dryRun && sideEffects !== "None" && sideEffects !== "NoneOnDryRun") {
    throw badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`);
  }
  const version = reviewVersion(spec);
  if (version === undefined) {
    throw new HookFailure(
      name,
      "could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)",
    );
  }
  const uid = services.random.uuid();
  const review = admissionReview(uid, version, invocation, attributes, objects);
  const answered = await call(client, invocation, review);
  const answer = verify(name, uid, version, mutating, answered);
  for (const warning of answer.warnings) attributes.context.warn(warning);
  for (const [key, value] of Object.entries(answer.auditAnnotations)) {
    attributes.context.annotate?.(`${name}/${key}`, value);
  }
  if (!answer.allowed) throw denial(name, answer.result);
  return answer;
}

async function call(
  client: WebhookClient,
  { hook: { spec } }: Invocation,
  review: JsonObject,
): Promise<JsonObject> {
  try {
    return await client.call({
      config: spec.clientConfig,
      review,
      timeout_seconds: spec.timeoutSeconds ?? TIMEOUT_SECONDS,
      expired: "context deadline exceeded",
    });
  } catch (error) {
    if (!(error instanceof WebhookCallError)) throw error;
    throw new HookFailure(
      spec.name,
      error.beforeSending
        ? `could not get REST client: ${error.message}`
        : `failed to call webhook: ${error.message}`,
    );
  }
}

function verify(
  name: string,
  uid: string,
  version: string,
  mutating: boolean,
  review: JsonObject,
): AdmissionAnswer {
  try {
    return verifyAnswer(uid, version, mutating, review);
  } catch (error) {
    if (error instanceof InvalidAnswer) {
      throw new HookFailure(name, `received invalid webhook response: ${error.message}`);
    }
    if (error instanceof TypeError) {
      throw new HookFailure(name, `failed to call webhook: ${error.message}`);
    }
    throw error;
  }
}

/** What the client gets when a webhook says no: its own status, made presentable. */
function denial(name: string, result: JsonObject = {}): StatusError {
  const given = result as Partial<Status>;
  const denied = `admission webhook ${JSON.stringify(name)} denied the request`;
  const why = given.message || given.reason;
  const message = why ? `${denied}: ${why}` : `${denied} without explanation`;
  const code = (given.code ?? 0) < 400 ? 400 : given.code!;
  const error = new StatusError(code, given.reason ?? "", message, given.details);
  if (given.status && given.status !== "Success") error.status.status = given.status;
  if (given.metadata !== undefined) error.status.metadata = given.metadata;
  return error;
}
