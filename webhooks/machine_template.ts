// Checks that Machines and everything that makes Machines share. Source:
// Cluster API's core webhooks.

import { type FieldError, forbiddenField, invalid, required } from "../runtime/field/error.ts";
import { percentOf } from "../runtime/int_or_string.ts";
import { hasRandomPart, renderName } from "../runtime/name_template.ts";
import { isDNS1123Label } from "../runtime/names.ts";
import type { JsonObject, JsonValue, KubeObject } from "../runtime/object.ts";
import { compileLabelSelector, SelectorError } from "../runtime/selector/label.ts";
import { parseVersion } from "../runtime/semantic_version.ts";
import { type MachineTaint, validateMachineTaints } from "./machine_taints.ts";
import { type TemplateMetadata, validateTemplateMetadata } from "./template_metadata.ts";

/** Which features are on. */
export interface CoreFeatures {
  /** MachineTaintPropagation. */
  readonly taints?: boolean;
  /** ClusterTopology. */
  readonly topology?: boolean;
}

const CONTROL_PLANE_TAINT = "node-role.kubernetes.io/control-plane";

/** Adds the leading `v` that a version may lack. */
export function normalizeVersion(spec: { version?: string } | undefined): void {
  if (spec?.version === undefined || spec.version === "" || spec.version.startsWith("v")) return;
  spec.version = `v${spec.version}`;
}

/** What is wrong with a Kubernetes version. */
export function validateVersion(version: string | undefined, path: string): FieldError[] {
  if (version === undefined || version === "") return [];
  const errors: FieldError[] = [];
  if (!version.startsWith("v")) {
    errors.push(invalid(path, version, 'must be a valid semantic version, starting with "v"'));
  }
  if (parseVersion(version) === undefined) {
    errors.push(invalid(path, version, "must be a valid semantic version"));
  }
  return errors;
}

/** What is wrong with the spec of a Machine, or of a template of Machines, at `path`. */
export function validateMachineSpec(
  spec: JsonObject,
  path: string,
  features: CoreFeatures,
  options: { readonly worker: boolean; readonly pool?: boolean } = { worker: true },
): FieldError[] {
  const bootstrap = (spec.bootstrap ?? {}) as JsonObject;
  const errors: FieldError[] = [];
  if (
    !options.pool && bootstrap.configRef === undefined && bootstrap.dataSecretName === undefined
  ) {
    errors.push(
      required(
        `${path}.bootstrap`,
        "expected either spec.bootstrap.dataSecretName or spec.bootstrap.configRef to be populated",
      ),
    );
  }
  errors.push(...validateVersion(spec.version as string | undefined, `${path}.version`));
  const taints = spec.taints as readonly MachineTaint[] | undefined;
  errors.push(...validateMachineTaints(taints, `${path}.taints`, features.taints === true));
  if (options.worker && features.taints === true) {
    for (const [i, { key }] of (taints ?? []).entries()) {
      if (key !== CONTROL_PLANE_TAINT) continue;
      errors.push(
        invalid(`${path}.taints[${i}].key`, key, "taint is not allowed for worker machines"),
      );
    }
  }
  return errors;
}

/** The Cluster that an object belongs to never changes. */
export function validateClusterName(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (old !== undefined && old.spec?.clusterName !== object.spec?.clusterName) {
    errors.push(forbiddenField("spec.clusterName", "field is immutable"));
  }
  return errors;
}

/** The template's Machines belong to the same Cluster. */
export function validateTemplateClusterName({ spec }: KubeObject): FieldError[] {
  const name: string | undefined = spec?.template?.spec?.clusterName;
  if (name === spec?.clusterName) return [];
  return [
    invalid("spec.template.spec.clusterName", name, "must match spec.clusterName"),
  ];
}

/** What is wrong with a naming template. `variable` is that of the owner, such as `.machineSet.name`. */
export function validateNaming(
  naming: { template?: string } | undefined,
  variable: string,
  path: string,
): FieldError[] {
  const template = naming?.template;
  if (template === undefined) return [];
  if (!hasRandomPart(template)) {
    return [invalid(path, template, "invalid template, {{ .random }} is missing")];
  }
  try {
    const name = renderName(template, {
      ".cluster.name": "cluster",
      [variable]: "owner",
      ".random": "abcde",
    });
    return isDNS1123Label(name).map((problem) =>
      invalid(
        path,
        template,
        `invalid template, generated name is not a valid Kubernetes object name: ${problem}`,
      )
    );
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return [invalid(path, template, `invalid template: ${text}`)];
  }
}

/** What is wrong with a selector, and whether it misses the template's labels. */
export function validateSelector(
  { spec }: KubeObject,
  mismatch: (path: string, selector: JsonValue) => FieldError,
): FieldError[] {
  const path = "spec.selector";
  const selector = spec?.selector ?? {};
  try {
    const compiled = compileLabelSelector(selector);
    if (compiled.empty) return [required(path, "selector must not be empty")];
    const labels: Record<string, string> = spec?.template?.metadata?.labels ?? {};
    return compiled.matches(labels) ? [] : [mismatch(path, selector)];
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return [invalid(path, selector, error.message)];
  }
}

/** What is wrong with a template's metadata. */
export function validateTemplateMeta({ spec }: KubeObject): FieldError[] {
  return validateTemplateMetadata(
    spec?.template?.metadata as TemplateMetadata | undefined,
    "spec.template.metadata",
  );
}

/** What is wrong with a number that may also be a percentage. */
export function validateIntOrPercent(value: JsonValue | undefined, path: string): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === "number") {
    return value < 0 ? [invalid(path, value, "must be greater than or equal to 0")] : [];
  }
  if (typeof value === "string" && percentOf(value) !== undefined) return [];
  return [invalid(path, value, "must be either an int or a percentage")];
}
