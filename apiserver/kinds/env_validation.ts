// Checks of a container's environment. Source: ValidateEnv and
// ValidateEnvFrom of pkg/apis/core/validation.

import { type FieldError, invalid, notFoundField, required } from "../../runtime/field/error.ts";
import {
  isConfigMapKey,
  isDNS1123Subdomain,
  isRelaxedEnvVarName,
  maskTrailingDash,
} from "../../runtime/names.ts";
import { text } from "./field_messages.ts";
import { dnsLabelErrors, invalids } from "./name_validation.ts";
import { ENV_FIELDS, validateFieldRef, validateResourceFieldRef } from "./field_ref_validation.ts";
import { items, type Part } from "./part.ts";
import { noBacksteps } from "./path_validation.ts";
import { eachContainer } from "./pod_containers.ts";

/** Errors of the variables. */
export function validateEnv(variables: unknown, field: string): FieldError[] {
  const errors: FieldError[] = [];
  items(variables).forEach((variable, i) => {
    const path = `${field}[${i}]`;
    if (!variable.name) errors.push(required(`${path}.name`));
    else {
      errors.push(
        ...invalids(variable.name, `${path}.name`, isRelaxedEnvVarName(variable.name)),
      );
    }
    if (variable.valueFrom) errors.push(...validateSource(variable, `${path}.valueFrom`));
  });
  return errors;
}

function validateSource({ value, valueFrom }: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let sources = 0;
  const check = (name: string, validate: (source: Part, field: string) => FieldError[]) => {
    const source = valueFrom[name];
    if (source === undefined || source === null) return;
    sources++;
    errors.push(...validate(source, `${field}.${name}`));
  };
  check("fieldRef", (ref, path) => validateFieldRef(ref, ENV_FIELDS, path));
  check("resourceFieldRef", (ref, path) => validateResourceFieldRef(ref, path, false));
  check("configMapKeyRef", validateKeyRef);
  check("secretKeyRef", validateKeyRef);
  check("fileKeyRef", validateFileKeyRef);
  if (sources === 0) {
    errors.push(
      invalid(
        field,
        "",
        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
      ),
    );
  } else if (value) {
    errors.push(invalid(field, "", "may not be specified when `value` is not empty"));
  } else if (sources > 1) {
    errors.push(invalid(field, "", "may not have more than one field specified at a time"));
  }
  return errors;
}

function validateKeyRef(ref: Part, field: string): FieldError[] {
  const name = text(ref.name);
  const errors = invalids(name, `${field}.name`, isDNS1123Subdomain(name));
  if (!ref.key) errors.push(required(`${field}.key`));
  else errors.push(...invalids(ref.key, `${field}.key`, isConfigMapKey(ref.key)));
  return errors;
}

function validateFileKeyRef(ref: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!ref.key) errors.push(required(`${field}.key`));
  else errors.push(...invalids(ref.key, `${field}.key`, isRelaxedEnvVarName(ref.key)));
  if (!ref.volumeName) errors.push(required(`${field}.volumeName`));
  else errors.push(...dnsLabelErrors(ref.volumeName, `${field}.volumeName`));
  if (!ref.path) errors.push(required(`${field}.path`));
  else errors.push(...noBacksteps(ref.path, `${field}.path`));
  return errors;
}

/** Errors of variables read from files: those stand in `emptyDir` volumes of the pod. */
export function validateFileVolumes(spec: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const volumes = new Map(items(spec.volumes).map((volume) => [text(volume.name), volume]));
  for (const [container, path] of eachContainer(spec, field)) {
    items(container.env).forEach(({ valueFrom }, i) => {
      if (!valueFrom?.fileKeyRef) return;
      const name = text(valueFrom.fileKeyRef.volumeName);
      const volume = volumes.get(name);
      const at = `${path}.env[${i}].valueFrom.fileKeyRef.volumeName`;
      if (volume === undefined) errors.push(notFoundField(at, name));
      else if (!volume.emptyDir) {
        errors.push(invalid(at, name, "referenced volume must be of type emptyDir"));
      }
    });
  }
  return errors;
}

/** Errors of the sources that give all their keys. Counting errors name the list, as upstream does. */
export function validateEnvFrom(sources: unknown, field: string): FieldError[] {
  const errors: FieldError[] = [];
  items(sources).forEach((source, i) => {
    const path = `${field}[${i}]`;
    if (source.prefix) {
      errors.push(
        ...invalids(source.prefix, `${path}.prefix`, isRelaxedEnvVarName(source.prefix)),
      );
    }
    const given = ["configMapRef", "secretRef"].filter((name) => source[name]);
    for (const name of given) errors.push(...validateNamed(source[name], `${path}.${name}`));
    if (given.length === 0) {
      errors.push(invalid(field, "", "must specify one of: `configMapRef` or `secretRef`"));
    } else if (given.length > 1) {
      errors.push(invalid(field, "", "may not have more than one field specified at a time"));
    }
  });
  return errors;
}

function validateNamed(ref: Part, field: string): FieldError[] {
  if (!ref.name) return [required(`${field}.name`)];
  // Upstream checks these as prefixes of names.
  return invalids(ref.name, `${field}.name`, isDNS1123Subdomain(maskTrailingDash(ref.name)));
}
