// Which objects a list, a watch or a deletion of a collection is about:
// list options checked and their selectors compiled.
// Source: k8s.io/apiserver endpoints/handlers/get.go and
// k8s.io/apimachinery meta/internalversion/validation.

import {
  type FieldError,
  forbiddenField,
  invalidObject,
  notSupported,
} from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { type FieldSelector, parseFieldSelector } from "../../runtime/selector/field.ts";
import {
  type LabelSelector,
  parseLabelSelector,
  SelectorError,
} from "../../runtime/selector/label.ts";
import { badRequest } from "../../runtime/status.ts";
import type { Entry } from "../../runtime/store/types.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ListRequestOptions, Target } from "../request.ts";
import { fromStorage } from "./versions.ts";

/** Compiled selectors. */
export interface Selection {
  readonly labels: LabelSelector;
  readonly fields: FieldSelector;
  /** Selects everything. */
  readonly empty: boolean;
}

/** Compiles the selectors of a request. Throws BadRequest. */
export function parseSelection(target: Target, options: ListRequestOptions): Selection {
  try {
    const labels = parseLabelSelector(options.labelSelector);
    const fields = parseFieldSelector(options.fieldSelector);
    checkFieldLabels(target.definition, fields);
    return withName(target, { labels, fields, empty: labels.empty && fields.empty });
  } catch (error) {
    throw error instanceof SelectorError ? badRequest(error.message) : error;
  }
}

/** A watch of one named object selects it by its name. */
function withName(target: Target, selection: Selection): Selection {
  if (target.name === "") return selection;
  const asked = selection.fields.requires("metadata.name");
  if (asked !== undefined && asked !== target.name) {
    throw badRequest("fieldSelector metadata.name doesn't match requested name");
  }
  return { ...selection, fields: parseFieldSelector(`metadata.name=${target.name}`), empty: false };
}

function checkFieldLabels(definition: ResourceDefinition, fields: FieldSelector): void {
  for (const { field } of fields.terms) {
    if (definition.fieldLabels.includes(field)) continue;
    if (definition.custom && (field === "metadata.name" || field === "metadata.namespace")) {
      continue;
    }
    const text = definition.fieldLabelError ??
      `"%s" is not a known field selector: only "metadata.name", "metadata.namespace"`;
    throw badRequest(text.replace("%s", field));
  }
}

/** Whether an object, in the definition's version, is selected. */
export function isSelected(
  definition: ResourceDefinition,
  { labels, fields }: Selection,
  object: KubeObject,
): boolean {
  if (!labels.empty && !labels.matches(object.metadata.labels)) return false;
  if (fields.empty) return true;
  let selectable: Record<string, string> | undefined;
  return fields.matches((field) => {
    if (field === "metadata.name") return object.metadata.name ?? "";
    if (field === "metadata.namespace") return object.metadata.namespace ?? "";
    selectable ??= definition.selectableFields?.(object) ?? {};
    return selectable[field] ?? "";
  });
}

/**
 * The selection as a test of entries. Only selectable fields of a converted
 * version need the conversion; `converted` holds those that had to be waited for.
 */
export function entryFilter(
  definition: ResourceDefinition,
  selection: Selection,
  converted?: ReadonlyMap<Entry, KubeObject>,
): ((entry: Entry) => boolean) | undefined {
  if (selection.empty) return undefined;
  if (!needsConversion(definition, selection)) {
    return (entry) => isSelected(definition, selection, entry.object);
  }
  return (entry) => {
    const object = converted?.get(entry) ?? fromStorage(definition, entry.object);
    return !(object instanceof Promise) && isSelected(definition, selection, object);
  };
}

/** Whether objects have to be converted before one can tell if they are selected. */
export function needsConversion(definition: ResourceDefinition, selection: Selection): boolean {
  return definition.conversion !== undefined &&
    selection.fields.terms.some(({ field }) =>
      field !== "metadata.name" && field !== "metadata.namespace"
    );
}

const SEND_INITIAL_EVENTS = "sendInitialEvents";
const MATCH = "resourceVersionMatch";

function throwInvalid(errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  throw invalidObject({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);
}

/** Checks the options of a list. */
export function checkListOptions(options: ListRequestOptions): void {
  const errors: FieldError[] = [];
  const match = options.resourceVersionMatch;
  if (match !== "") {
    const forbid = (detail: string) => errors.push(forbiddenField(MATCH, detail));
    if (options.resourceVersion === "") {
      forbid("resourceVersionMatch is forbidden unless resourceVersion is provided");
    }
    if (options.continue !== "") {
      forbid("resourceVersionMatch is forbidden when continue is provided");
    }
    if (match !== "Exact" && match !== "NotOlderThan") {
      errors.push(notSupported(MATCH, match, ["Exact", "NotOlderThan", ""]));
    }
    if (match === "Exact" && options.resourceVersion === "0") {
      forbid('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
  }
  if (options.sendInitialEvents !== undefined) {
    errors.push(
      forbiddenField(SEND_INITIAL_EVENTS, "sendInitialEvents is forbidden for list"),
    );
  }
  throwInvalid(errors);
}

/** The options of a watch with their defaults: without a version to start from, the present state comes first. */
export function defaultWatchOptions(options: ListRequestOptions): ListRequestOptions {
  const fromNow = options.resourceVersion === "" || options.resourceVersion === "0";
  if (
    !fromNow || options.sendInitialEvents !== undefined || options.resourceVersionMatch !== ""
  ) {
    return options;
  }
  return { ...options, sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" };
}

/** Checks the options of a watch. */
export function checkWatchOptions(options: ListRequestOptions): void {
  const errors: FieldError[] = [];
  const match = options.resourceVersionMatch;
  const forbid = (detail: string) => errors.push(forbiddenField(MATCH, detail));
  if (options.sendInitialEvents !== undefined && match !== "NotOlderThan") {
    forbid("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  }
  if (match !== "") {
    if (options.sendInitialEvents === undefined) {
      forbid("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
    }
    if (match !== "NotOlderThan") errors.push(notSupported(MATCH, match, ["NotOlderThan"]));
    if (options.continue !== "") {
      forbid("resourceVersionMatch is forbidden when continue is provided");
    }
  }
  throwInvalid(errors);
}
