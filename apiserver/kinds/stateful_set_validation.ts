// Checks of StatefulSets. Source: ValidateStatefulSet and its relatives in
// pkg/apis/apps/validation.

import {
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { integer, nonNegative, text } from "./field_messages.ts";
import { goInt, goNullable, goPointer, goString, goStruct, goValue } from "./go_value.ts";
import { invalidSelector } from "./label_selector.ts";
import { annotationsErrors, dnsLabelErrors, labelsErrors } from "./name_validation.ts";
import { items, type Part, semanticEqual } from "./part.ts";
import { validateClaimSpec } from "./persistent_volume_claim_validation.ts";
import { validatePodAnnotations } from "./pod_annotations_validation.ts";
import {
  isSelector,
  validatePodTemplateSpec,
  validateReplicaTemplate,
  validateSelected,
  validateWorkloadSelector,
} from "./pod_template_validation.ts";

const goRolling = goStruct(["Partition", goInt], ["MaxUnavailable", goNullable]);
const goStrategy = goStruct(["Type", goString], ["RollingUpdate", goPointer(() => goRolling)]);
const RETENTIONS = ["Retain", "Delete"];

function validateStrategy(strategy: Part, field: string): FieldError[] {
  const { type, rollingUpdate } = strategy;
  if (!type) return [required(field)];
  if (type === "OnDelete") {
    return rollingUpdate
      ? [
        invalid(
          `${field}.rollingUpdate`,
          goValue(rollingUpdate, goRolling),
          "only allowed for updateStrategy 'RollingUpdate'",
        ),
      ]
      : [];
  }
  if (type === "RollingUpdate") {
    return nonNegative(`${field}.rollingUpdate.partition`, rollingUpdate?.partition);
  }
  return [
    invalid(field, goValue(strategy, goStrategy), "must be 'RollingUpdate' or 'OnDelete'"),
  ];
}

/** What is looked at: an update may leave alone what was stored. */
interface Options {
  readonly newClaims?: boolean;
  readonly newServiceName?: boolean;
  readonly badTemplate?: boolean;
}

function validateSpec(spec: Part, options: Options): FieldError[] {
  const errors: FieldError[] = [];
  const management = spec.podManagementPolicy;
  if (!management) errors.push(required("spec.podManagementPolicy"));
  else if (management !== "OrderedReady" && management !== "Parallel") {
    errors.push(
      invalid("spec.podManagementPolicy", management, "must be 'OrderedReady' or 'Parallel'"),
    );
  }
  errors.push(...validateStrategy(spec.updateStrategy ?? {}, "spec.updateStrategy"));
  for (const name of ["whenDeleted", "whenScaled"]) {
    const value = spec.persistentVolumeClaimRetentionPolicy?.[name];
    if (value !== undefined && !RETENTIONS.includes(value)) {
      errors.push(
        notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, value, RETENTIONS),
      );
    }
  }
  if (options.newClaims) {
    items(spec.volumeClaimTemplates).forEach((claim, i) => {
      errors.push(
        ...validateClaimSpec(claim.spec ?? {}, `spec.volumeClaimTemplates[${i}].spec`),
      );
    });
  }
  errors.push(
    ...nonNegative("spec.replicas", spec.replicas),
    ...nonNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...nonNegative("spec.ordinals.start", spec.ordinals?.start),
  );
  if (options.newServiceName && spec.serviceName) {
    errors.push(...dnsLabelErrors(spec.serviceName, "spec.serviceName"));
  }
  errors.push(...validateWorkloadSelector(spec.selector, "statefulset"));
  if (isSelector(spec.selector)) errors.push(...validateTemplate(spec, options));
  else errors.push(invalidSelector(spec.selector, ""));
  return [
    ...errors,
    ...validateReplicaTemplate(spec.template?.spec ?? {}, "spec.template.spec", "StatefulSet"),
  ];
}

/** The template as its pods will have it: the controller names the host and adds a volume for each claim. */
function templateOfPods(spec: Part): Part {
  const { template = {} } = spec;
  const claims = new Map(
    items(spec.volumeClaimTemplates).map(({ metadata }) => {
      const name = text(metadata?.name);
      return [name, { name, persistentVolumeClaim: { claimName: name } }];
    }),
  );
  const { subdomain: _subdomain, hostname: _hostname, ...rest } = (template.spec ?? {}) as Part;
  const own = items(rest.volumes).filter(({ name }) => !claims.has(text(name)));
  return { ...template, spec: { ...rest, volumes: [...claims.values(), ...own] } };
}

function validateTemplate(spec: Part, options: Options): FieldError[] {
  const template = templateOfPods(spec);
  const { labels, annotations } = template.metadata ?? {};
  const field = "spec.template";
  return [
    ...validateSelected(spec.selector, template),
    ...(options.badTemplate ? [] : validatePodTemplateSpec(template, field)),
    // Upstream checks these once more.
    ...labelsErrors(labels, `${field}.labels`),
    ...annotationsErrors(annotations, `${field}.annotations`),
    ...validatePodAnnotations(annotations, template.spec, `${field}.annotations`),
  ];
}

/** Errors of a new StatefulSet. */
export function validateStatefulSet(object: KubeObject): FieldError[] {
  return validateSpec(object.spec ?? {}, { newClaims: true, newServiceName: true });
}

const MUTABLE = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
];

/** Errors of a changed StatefulSet: little of the spec may change. */
export function validateStatefulSetUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const badTemplate = validateSpec(old.spec ?? {}, {}).length > 0;
  const errors = validateSpec(object.spec ?? {}, { badTemplate });
  const spec: Part = { ...object.spec };
  const before: Part = { ...old.spec };
  for (const name of MUTABLE) {
    delete spec[name];
    delete before[name];
  }
  if (!semanticEqual(spec, before)) {
    errors.push(
      forbiddenField(
        "spec",
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    );
  }
  return errors;
}

/** Errors of a StatefulSet's status. */
function validateStatefulSetStatus(status: Part): FieldError[] {
  const errors = [
    "replicas",
    "readyReplicas",
    "currentReplicas",
    "updatedReplicas",
    "availableReplicas",
    "observedGeneration",
    "collisionCount",
  ].flatMap((name) => nonNegative(`status.${name}`, status[name]));
  const above = (name: string, total: string) => {
    if (integer(status[name]) > integer(status[total])) {
      errors.push(
        invalid(`status.${name}`, integer(status[name]), `cannot be greater than status.${total}`),
      );
    }
  };
  above("readyReplicas", "replicas");
  above("currentReplicas", "replicas");
  above("updatedReplicas", "replicas");
  above("availableReplicas", "replicas");
  above("availableReplicas", "readyReplicas");
  return errors;
}

/** Errors of a changed status: collisions are never forgotten. */
export function validateStatefulSetStatusUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors = validateStatefulSetStatus(object.status ?? {});
  const count = object.status?.collisionCount;
  const before = old.status?.collisionCount;
  if (before !== undefined && (count === undefined || count < before)) {
    errors.push(invalid("status.collisionCount", integer(count), "cannot be decremented"));
  }
  return errors;
}
