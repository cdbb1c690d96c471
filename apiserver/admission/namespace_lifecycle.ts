// Admission plugin NamespaceLifecycle: nothing is written to namespaces that
// are not there, nothing new to those that end, and a few never end.
// Source: k8s.io/apiserver admission/plugin/namespace/lifecycle.

import { forbidden, notFound, type StatusError } from "../../runtime/status.ts";
import type { AdmissionAttributes, AdmissionPlugin, AdmissionServices } from "./plugin.ts";

const IMMORTAL: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);
const NAMESPACES = { group: "", resource: "namespaces" };
/** Reviews would tell whether a namespace exists. */
const REVIEWS: ReadonlySet<string> = new Set(["localsubjectaccessreviews"]);

function admit(attributes: AdmissionAttributes, { store }: AdmissionServices): void {
  const { target, operation } = attributes;
  const { definition, namespace, name } = target;
  if (definition.storage === "/namespaces") {
    if (operation === "DELETE" && IMMORTAL.has(name)) {
      throw forbidden(NAMESPACES, name, "this namespace may not be deleted");
    }
    return;
  }
  if (namespace === "" || operation === "DELETE") return;
  if (definition.group === "authorization.k8s.io" && REVIEWS.has(definition.resource)) return;
  const found = store.get("/namespaces", namespace);
  if (found === undefined) throw notFound(NAMESPACES, namespace);
  if (operation === "CREATE" && found.object.status?.phase === "Terminating") {
    throw terminating(attributes, namespace);
  }
}

/** How an object is named in refusals: its name may still have to be generated. */
function nameOf({ target, object }: AdmissionAttributes): string {
  const { name, generateName } = object?.metadata ?? {};
  return target.name || name || generateName || "Unknown";
}

function terminating(attributes: AdmissionAttributes, namespace: string): StatusError {
  const { group, resource } = attributes.target.definition;
  const error = forbidden(
    { group, resource },
    nameOf(attributes),
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  error.status.details!.causes = [{
    reason: "NamespaceTerminating",
    message: `namespace ${namespace} is being terminated`,
    field: "metadata.namespace",
  }];
  return error;
}

/** The plugin. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: "NamespaceLifecycle",
  handles: ({ operation }) => operation !== "CONNECT",
  admit,
};
