// The settings of conversion between versions. Source:
// apiextensions-apiserver apis/apiextensions/validation and
// k8s.io/apiserver util/webhook.

import {
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import { isDNS1035Label } from "../../runtime/names.ts";
import { webhookURLErrors } from "../kinds/webhook_url.ts";
import type { CustomResourceConversion } from "./custom_resource_definition.ts";
import { webhookServiceErrors } from "./webhook_service.ts";

const ACCEPTED_REVIEWS: readonly string[] = ["v1", "v1beta1"];
const STRATEGIES: readonly string[] = ["None", "Webhook"];

/** Whether a webhook can be asked with one of the review versions. */
export function hasAcceptedReview(conversion: CustomResourceConversion | undefined): boolean {
  const versions = conversion?.webhook?.conversionReviewVersions ?? [];
  return versions.length === 0 || versions.some((version) => ACCEPTED_REVIEWS.includes(version));
}

/** The errors of `spec.conversion`. */
export function conversionErrors(
  conversion: CustomResourceConversion | undefined,
  requireAcceptedReview: boolean,
  field: string,
): FieldError[] {
  if (conversion === undefined) return [];
  const { strategy, webhook } = conversion;
  const errors: FieldError[] = [];
  if (!strategy) errors.push(required(`${field}.strategy`));
  else if (!STRATEGIES.includes(strategy)) {
    errors.push(notSupported(`${field}.strategy`, strategy, STRATEGIES));
  }
  const reviews = webhook?.conversionReviewVersions ?? [];
  if (strategy === "Webhook") {
    errors.push(...clientErrors(webhook?.clientConfig, `${field}.webhookClientConfig`));
    errors.push(
      ...reviewErrors(reviews, requireAcceptedReview, `${field}.conversionReviewVersions`),
    );
    return errors;
  }
  const detail = "should not be set when strategy is not set to Webhook";
  if (webhook?.clientConfig !== undefined) {
    errors.push(forbiddenField(`${field}.webhookClientConfig`, detail));
  }
  if (reviews.length > 0) {
    errors.push(forbiddenField(`${field}.conversionReviewVersions`, detail));
  }
  return errors;
}

type ClientConfig = NonNullable<CustomResourceConversion["webhook"]>["clientConfig"];

function clientErrors(client: ClientConfig, field: string): FieldError[] {
  if (client === undefined) {
    return [required(field, "required when strategy is set to Webhook")];
  }
  const { url, service } = client;
  if ((url === undefined) === (service === undefined)) {
    return [required(field, "exactly one of url or service is required")];
  }
  return url !== undefined
    ? webhookURLErrors(url, `${field}.url`)
    : webhookServiceErrors(service!, `${field}.service`);
}

function reviewErrors(
  versions: readonly string[],
  requireAccepted: boolean,
  field: string,
): FieldError[] {
  if (versions.length === 0) return [required(field)];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, version] of versions.entries()) {
    const at = `${field}[${i}]`;
    if (seen.has(version)) {
      errors.push(invalid(at, version, "duplicate version"));
      continue;
    }
    seen.add(version);
    for (const message of isDNS1035Label(version)) errors.push(invalid(at, version, message));
  }
  if (requireAccepted && !versions.some((version) => ACCEPTED_REVIEWS.includes(version))) {
    errors.push(
      invalid(field, versions, `must include at least one of ${ACCEPTED_REVIEWS.join(", ")}`),
    );
  }
  return errors;
}
