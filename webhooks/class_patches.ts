// What is wrong with the patches of a ClusterClass: names, selectors that
// match nothing, values that cannot be computed. Their paths are not followed.
// Source: Cluster API's webhook of ClusterClass.

import {
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from "../runtime/field/error.ts";
import { checkTemplate } from "../runtime/go_template/check_template.ts";
import { goQuote } from "../runtime/go_text.ts";
import { isBuiltinVariable } from "./builtin_variable_names.ts";
import { validatePatchSelector } from "./class_selectors.ts";
import type { ClassJsonPatch, ClassPatch, ClusterClassSpec } from "./class_types.ts";
import { inOrder, printIndented } from "./print_indented.ts";

const OPERATIONS = ["add", "remove", "replace"];
const VALUE_ORDER = ["variable", "template"];

/** What is wrong with `spec.patches`. */
export function validateClassPatches(spec: ClusterClassSpec): FieldError[] {
  const patches = spec.patches ?? [];
  const names = patches.map(({ name }) => name);
  return patches.flatMap((patch, i) => {
    const path = `spec.patches[${i}]`;
    return [
      ...validateName(patch.name, names.indexOf(patch.name) < i, path),
      ...validateDefinitions(patch, spec, path),
    ];
  });
}

function validateName(name: string, isTaken: boolean, patch: string): FieldError[] {
  const path = `${patch}.name`;
  return [
    ...(name ? [] : [required(path, "patch name must be defined")]),
    ...(name === "inline"
      ? [required(path, '"inline" can not be used as the name of a patch')]
      : []),
    ...(isTaken
      ? [
        invalid(
          path,
          name,
          `patch names must be unique. Patch with name ${goQuote(name)} is defined more than once`,
        ),
      ]
      : []),
  ];
}

function validateDefinitions(
  patch: ClassPatch,
  spec: ClusterClassSpec,
  path: string,
): FieldError[] {
  const { enabledIf = "", definitions, external } = patch;
  const errors = enabledIf === ""
    ? []
    : templateProblems("enabledIf", enabledIf, `${path}.enabledIf`);
  if (definitions === undefined && external === undefined) {
    errors.push(required(path, "one of definitions or external must be defined"));
  }
  if (definitions !== undefined && external !== undefined) {
    errors.push(invalid(path, patch, "only one of definitions or external can be defined"));
  }
  for (const [i, { jsonPatches, selector }] of (definitions ?? []).entries()) {
    const at = `${path}.definitions[${i}]`;
    errors.push(
      ...validateJsonPatches(jsonPatches, spec, `${at}.jsonPatches`),
      ...validatePatchSelector(selector, spec, `${at}.selector`),
    );
  }
  if (external !== undefined) {
    errors.push(forbiddenField(
      `${path}.external`,
      "runtime extensions are not supported by the controllers of capim up",
    ));
  }
  return errors;
}

function templateProblems(name: string, template: string, path: string): FieldError[] {
  try {
    checkTemplate(name, template);
    return [];
  } catch (error) {
    return [invalid(path, template, `template can not be parsed: ${(error as Error).message}`)];
  }
}

function validateJsonPatches(
  patches: readonly ClassJsonPatch[],
  { variables = [] }: ClusterClassSpec,
  list: string,
): FieldError[] {
  const names = new Set(variables.map(({ name }) => name));
  return patches.flatMap((patch, i) => {
    const at = `${list}[${i}]`;
    const { op, path } = patch;
    const errors: FieldError[] = [];
    if (!OPERATIONS.includes(op)) {
      errors.push(notSupported(`${at}.op`, print(patch), OPERATIONS));
    }
    if (!path.startsWith("/spec")) {
      errors.push(
        invalid(`${at}.path`, print(patch), 'jsonPatch path must start with "/spec"'),
      );
    }
    errors.push(...validateIndexes(patch, `${at}.path`));
    if (op === "add" || op === "replace") errors.push(...validateValue(patch, names, at));
    return errors;
  });
}

/** Items of lists can only be put at an end: nobody knows how long a list is. */
function validateIndexes({ op, path }: ClassJsonPatch, field: string): FieldError[] {
  return path.split("/").filter((part) => /^[+-]?\d+$/.test(part)).flatMap((part) => {
    if (op === "add" && Number(part) !== 0) {
      return [
        invalid(field, path, 'arrays can only be accessed using "0" (prepend) or "-" (append)'),
      ];
    }
    return op === "replace" || op === "remove"
      ? [invalid(field, path, `elements in arrays can not be accessed in a ${op} operation`)]
      : [];
  });
}

function validateValue(
  patch: ClassJsonPatch,
  names: ReadonlySet<string>,
  path: string,
): FieldError[] {
  const { value, valueFrom } = patch;
  const given = value !== undefined && value !== null;
  const errors: FieldError[] = [];
  if (!given && valueFrom === undefined) {
    errors.push(invalid(path, print(patch), "jsonPatch must define one of value or valueFrom"));
  }
  if (given && valueFrom !== undefined) {
    errors.push(invalid(path, print(patch), "jsonPatch can not define both value and valueFrom"));
  }
  if (valueFrom === undefined) return errors;
  const { template = "", variable = "" } = valueFrom;
  const source = `${path}.valueFrom`;
  const printed = printIndented(inOrder(valueFrom, VALUE_ORDER));
  if (template === "" && variable === "") {
    errors.push(invalid(source, printed, "valueFrom must set either template or variable"));
  }
  if (template !== "" && variable !== "") {
    errors.push(invalid(source, printed, "valueFrom can not set both template and variable"));
  }
  if (template !== "") {
    errors.push(...templateProblems("valueFrom.template", template, `${source}.template`));
  }
  if (variable !== "") errors.push(...validateVariable(variable, names, `${source}.variable`));
  return errors;
}

/** Only the variable itself must be known, not what is asked of it. */
function validateVariable(
  variable: string,
  names: ReadonlySet<string>,
  path: string,
): FieldError[] {
  if (variable.startsWith("builtin.")) {
    return isBuiltinVariable(variable)
      ? []
      : [invalid(path, variable, "not a defined builtin variable")];
  }
  const [name = ""] = variable.split(/[[.]/).filter((part) => part !== "");
  return names.has(name)
    ? []
    : [invalid(path, variable, `variable with name ${variable} cannot be found`)];
}

function print(patch: ClassJsonPatch): string {
  const { valueFrom } = patch;
  return printIndented({
    ...inOrder(patch, ["op", "path", "value"]),
    ...(valueFrom === undefined ? {} : { valueFrom: inOrder(valueFrom, VALUE_ORDER) }),
  });
}
