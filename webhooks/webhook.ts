// What an admission webhook is, without any transport: a function that
// fills in defaults and one that says what is wrong. In process the server
// calls them; served over HTTPS an AdmissionReview is taken apart and put
// together around them. Source: Kubernetes admission webhooks.

import { equal, type KubeObject } from "../runtime/object.ts";
import type { Client } from "../runtime/client.ts";

/** The write that is looked at. */
export interface WebhookRequest {
  /** What is done to the object. */
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  /** The new object; for DELETE the one that goes. */
  readonly object: KubeObject;
  /** Before an UPDATE. */
  readonly old?: KubeObject;
  /** Nothing will be stored. */
  readonly dryRun: boolean;
  /** Such as `scale`; absent for the object itself. */
  readonly subresource?: string;
  /** Reads the cluster whose server asks. */
  readonly client?: Client;
}

/** The webhook of one resource. */
export interface Webhook {
  /** The API group. */
  readonly group: string;
  /** The plural resource name. */
  readonly resource: string;
  /** Also asked about writes of these subresources. */
  readonly subresources?: readonly string[];
  /** Changes `request.object` in place. */
  default?(request: WebhookRequest): void | Promise<void>;
  /** Throws a StatusError when the write is to be refused. Answers warnings, if any. */
  validate?(
    request: WebhookRequest,
  ): void | readonly string[] | Promise<void | readonly string[]>;
}

/** Whether a write asks for something new: what was accepted once may stay, and go. */
export function changesSpec({ operation, object, old }: WebhookRequest): boolean {
  return operation === "CREATE" || operation === "UPDATE" && !equal(object.spec, old?.spec);
}
