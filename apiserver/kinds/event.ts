// Events, which two groups serve in two shapes and one storage holds. Source:
// pkg/registry/core/event, pkg/apis/core/validation/events.go,
// pkg/apis/events/v1 conversion and printEvent. The server keeps them as long
// as any other object: it has no lease that ends.

import { type FieldError, invalid, required } from "../../runtime/field/error.ts";
import { byteLength, isQualifiedName } from "../../runtime/names.ts";
import type { JsonValue, KubeObject } from "../../runtime/object.ts";
import type { Strategy } from "../definition.ts";
import { objectMetaErrors } from "../registry/object_meta.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { immutable, text } from "./field_messages.ts";
import { age } from "./human_duration.ts";
import {
  goInt,
  goNullable,
  goPointer,
  type GoShape,
  goString,
  goStruct,
  goValue,
} from "./go_value.ts";
import { invalids } from "./name_validation.ts";
import { isEmpty, type Part, semanticEqual } from "./part.ts";

const NEW_GROUP = "events.k8s.io/v1";
const NAME_LENGTH_MAX = 128;
const NOTE_LENGTH_MAX = 1024;

/** Members that are called something else in each group: core, events.k8s.io. */
const RENAMED: readonly (readonly [string, string])[] = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
  ["reportingComponent", "reportingController"],
];

/** What Go writes of an empty event, by group. */
const ALWAYS_CORE: Part = {
  involvedObject: {},
  source: {},
  firstTimestamp: null,
  lastTimestamp: null,
  eventTime: null,
  reportingComponent: "",
  reportingInstance: "",
};
const ALWAYS_NEW: Part = {
  regarding: {},
  eventTime: null,
  deprecatedSource: {},
  deprecatedFirstTimestamp: null,
  deprecatedLastTimestamp: null,
};

function rename(object: KubeObject, from: 0 | 1, apiVersion: string): KubeObject {
  const to = from === 0 ? 1 : 0;
  const converted: KubeObject = { ...object, apiVersion };
  for (const names of RENAMED) {
    const value = converted[names[from]];
    delete converted[names[from]];
    if (value !== undefined) converted[names[to]] = value;
  }
  const always = to === 0 ? ALWAYS_CORE : ALWAYS_NEW;
  for (const [name, zero] of Object.entries(always)) converted[name] ??= zero;
  // What the other group always writes, this one leaves out when it is empty.
  for (const name of ["reportingController", "reportingInstance"]) {
    if (to === 1 && converted[name] === "") delete converted[name];
  }
  return converted;
}

/** An event of either group as the core group's. */
function toCore(object: KubeObject): KubeObject {
  return object.apiVersion === NEW_GROUP ? rename(object, 1, "v1") : object;
}

function toNew(object: KubeObject): KubeObject {
  return rename(object, 0, NEW_GROUP);
}

function namespaceErrors(event: KubeObject): FieldError[] {
  const own = text(event.metadata.namespace);
  const other = text(event.involvedObject?.namespace);
  const good = event.eventTime
    ? other !== "" || own === "default" || own === "kube-system"
    : other === ""
    ? own === "" || own === "default"
    : own === other;
  return good ? [] : [invalid("involvedObject.namespace", other, "does not match event.namespace")];
}

/** What both groups check: the rest only counts for events that say when they were. */
function validateShared(event: KubeObject, controller: string): FieldError[] {
  const errors = namespaceErrors(event);
  if (!event.eventTime) return errors;
  const component = text(event.reportingComponent);
  if (component === "") errors.push(required(controller));
  errors.push(...invalids(component, controller, isQualifiedName(component)));
  const check = (name: string) => {
    const value = text(event[name]);
    if (value === "") errors.push(required(name));
    if (byteLength(value) > NAME_LENGTH_MAX) {
      errors.push(invalid(name, "", `can have at most ${NAME_LENGTH_MAX} characters`));
    }
  };
  check("reportingInstance");
  check("action");
  check("reason");
  if (byteLength(text(event.message)) > NOTE_LENGTH_MAX) {
    errors.push(invalid("message", "", `can have at most ${NOTE_LENGTH_MAX} characters`));
  }
  return errors;
}

function seriesErrors({ series }: KubeObject): FieldError[] {
  if (!series) return [];
  const errors: FieldError[] = [];
  if ((series.count ?? 0) < 2) {
    errors.push(invalid("series.count", "", "should be at least 2"));
  }
  if (!series.lastObservedTime) errors.push(required("series.lastObservedTime"));
  return errors;
}

/** What checks of metadata need to know of events. */
const NAMED: Parameters<typeof objectMetaErrors>[0] = {
  group: "",
  namespaced: true,
  custom: false,
  strategy: {},
};

function validateNew(event: KubeObject): FieldError[] {
  const errors = validateShared(event, "reportingController");
  errors.push(...objectMetaErrors(NAMED, event), ...seriesErrors(event));
  if (!event.eventTime) errors.push(required("eventTime"));
  const type = text(event.type);
  if (type !== "Normal" && type !== "Warning") {
    errors.push(invalid("type", "", `has invalid value: ${type}`));
  }
  for (const member of ["firstTimestamp", "lastTimestamp", "count", "source"]) {
    if (!isEmpty(event[member])) errors.push(invalid(member, "", "needs to be unset"));
  }
  return errors;
}

const goReference = goStruct(
  ["Kind", goString],
  ["Namespace", goString],
  ["Name", goString],
  ["UID", "uid", goString],
  ["APIVersion", "apiVersion", goString],
  ["ResourceVersion", goString],
  ["FieldPath", goString],
);

/** What no update of a new event may change, in the order of the errors. */
const FIXED: readonly (readonly [string, GoShape])[] = [
  ["involvedObject", goReference],
  ["reason", goString],
  ["message", goString],
  ["source", goStruct(["Component", goString], ["Host", goString])],
  ["firstTimestamp", goNullable],
  ["lastTimestamp", goNullable],
  ["count", goInt],
  // Upstream looks at the reason twice.
  ["reason", goString],
  ["type", goString],
  ["eventTime", goNullable],
  ["action", goString],
  ["related", goPointer(() => goReference)],
  ["reportingComponent", goString],
  ["reportingInstance", goString],
];

function fixed(event: KubeObject, before: KubeObject): FieldError[] {
  return FIXED.flatMap(([name, shape]) => {
    const value = goValue(event[name], shape);
    const field = name === "reportingComponent" ? "reportingController" : name;
    return immutable(field, value, goValue(before[name], shape));
  });
}

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const event = toCore(object);
  if (object.apiVersion !== NEW_GROUP) return validateShared(event, "reportingComponent");
  const before = toCore(old);
  return [
    ...validateShared(event, "reportingController"),
    ...(semanticEqual(event.series, before.series) ? [] : seriesErrors(event)),
    ...fixed(event, before),
  ];
}

const strategy: Strategy = {
  validate: (object) =>
    object.apiVersion === NEW_GROUP
      ? validateNew(toCore(object))
      : validateShared(object, "reportingComponent"),
  validateUpdate,
  ownMetadataChecks: true,
  allowCreateOnUpdate: true,
};

function sourceCell(event: KubeObject): string {
  const component = event.source?.component || text(event.reportingComponent);
  const instance = event.source?.host || text(event.reportingInstance);
  return instance === "" ? component : `${component}, ${instance}`;
}

function cells(object: KubeObject, now_ms: number): JsonValue[] {
  const event = toCore(object);
  const about: Part = event.involvedObject ?? {};
  const first = age(event.firstTimestamp || event.eventTime, now_ms);
  const last = event.series
    ? age(event.series.lastObservedTime, now_ms)
    : event.lastTimestamp
    ? age(event.lastTimestamp, now_ms)
    : first;
  const kind = text(about.kind).toLowerCase();
  return [
    last,
    text(event.type),
    text(event.reason),
    about.name ? `${kind}/${about.name}` : kind,
    text(about.fieldPath),
    sourceCell(event),
    text(event.message).trim(),
    first,
    event.series?.count || event.count || 1,
    text(event.metadata.name),
  ];
}

const REFERENCE = [
  "kind",
  "namespace",
  "name",
  "uid",
  "apiVersion",
  "resourceVersion",
  "fieldPath",
];

/** Under the labels of both groups. */
function selectableFields(object: KubeObject): Record<string, string> {
  const event = toCore(object);
  const about: Part = event.involvedObject ?? {};
  const fields: Record<string, string> = {
    reason: text(event.reason),
    type: text(event.type),
    source: event.source?.component || text(event.reportingComponent),
    reportingComponent: text(event.reportingComponent),
    reportingController: text(event.reportingComponent),
  };
  for (const name of REFERENCE) {
    fields[`involvedObject.${name}`] = text(about[name]);
    fields[`regarding.${name}`] = text(about[name]);
  }
  return fields;
}

/** `events` of the core group. */
export const event: KindBehaviour = { strategy, cells, selectableFields, uncached: true };

/** `events.k8s.io/events`. */
export const newEvent: KindBehaviour = {
  ...event,
  storage: "/events",
  storageVersion: "/v1",
  conversions: { v1: { toStorage: toCore, fromStorage: toNew } },
};
