// Admission plugin DefaultIngressClass: ingresses that name no class get the
// default one. Source: plugin/pkg/admission/network/defaultingressclass.

import { isDefaultIngressClass } from "../kinds/ingress.ts";
import { defaultClassName } from "./default_class.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { isFor } from "./refusal.ts";

const ANNOTATION = "kubernetes.io/ingress.class";

/** The plugin. */
export const defaultIngressClass: AdmissionPlugin = {
  name: "DefaultIngressClass",
  handles: (attributes) =>
    attributes.operation === "CREATE" && isFor(attributes, "networking.k8s.io/ingresses"),
  admit({ object }, { store }) {
    const spec = object!["spec"] ??= {};
    if (
      spec.ingressClassName !== undefined ||
      object!.metadata.annotations?.[ANNOTATION] !== undefined
    ) return;
    const name = defaultClassName(store, "networking.k8s.io/ingressclasses", isDefaultIngressClass);
    if (name !== undefined) spec.ingressClassName = name;
  },
};
