// ServiceAccounts. Source: pkg/registry/core/serviceaccount.

import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { age } from "./human_duration.ts";
import { items } from "./part.ts";

const ENFORCE = "kubernetes.io/enforce-mountable-secrets";

/** References to secrets keep nothing but the name. */
function prepare(object: KubeObject): void {
  if (object.secrets !== undefined) {
    object.secrets = items(object.secrets).map(({ name }) => name === undefined ? {} : { name });
  }
}

const deprecation =
  `metadata.annotations[${ENFORCE}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`;

/** `serviceaccounts`. */
export const serviceAccount: KindBehaviour = {
  strategy: {
    prepareForCreate: prepare,
    prepareForUpdate: prepare,
    warningsOnCreate: (object) =>
      object.metadata.annotations?.[ENFORCE] !== undefined ? [deprecation] : [],
    warningsOnUpdate: (object, old) =>
      object.metadata.annotations?.[ENFORCE] !== undefined &&
        old.metadata.annotations?.[ENFORCE] === undefined
        ? [deprecation]
        : [],
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    age(object.metadata.creationTimestamp, now_ms),
  ],
};
