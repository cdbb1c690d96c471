// How plugins refuse. Source: k8s.io/apiserver admission/errors.go.

import { forbidden, type StatusError } from "../../runtime/status.ts";
import type { AdmissionAttributes } from "./plugin.ts";

/** 403 with the object's name, which may still have to be generated. */
export function refuse({ target, object }: AdmissionAttributes, message: string): StatusError {
  const { group, resource } = target.definition;
  const { name, generateName } = object?.metadata ?? {};
  return forbidden({ group, resource }, target.name || name || generateName || "Unknown", message);
}

/** Several messages as one (util/errors Aggregate). Without repetitions. */
export function aggregate(messages: readonly string[]): string {
  const all = [...new Set(messages)];
  return all.length === 1 ? all[0]! : `[${all.join(", ")}]`;
}

/** Whether the request is about that resource itself, not about one of its subresources. */
export function isFor({ target }: AdmissionAttributes, storage: string): boolean {
  return target.subresource === undefined && target.definition.storage === storage;
}
