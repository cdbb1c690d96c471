// What the expressions of admission policies may refer to: object, oldObject,
// request, namespaceObject, and where they are declared params, authorizer,
// variables and the types of patches. Source: k8s.io/apiserver
// admission/plugin/cel.

import type { Environment, TypeProvider } from "../../runtime/cel/environment.ts";
import { KUBERNETES } from "../../runtime/cel/kubernetes.ts";
import { AUTHORIZER_TYPE, RESOURCE_CHECK_TYPE } from "../../runtime/cel/libraries/authorizer.ts";
import { type DeclaredType, SchemaTypes } from "../../runtime/cel/schema_types.ts";
import { JSON_PATCH } from "../../runtime/cel/libraries/json_patch.ts";
import * as types from "../../runtime/cel/types.ts";
import type { Type } from "../../runtime/cel/types.ts";
import { CelMap, fail, type Value } from "../../runtime/cel/values.ts";

type Fields = Readonly<Record<string, Type>>;

const { STRING, TIMESTAMP, INT, BOOL, DYN } = types;
const strings = types.listType(STRING);
const labels = types.mapType(STRING, STRING);
const kindFields: Fields = { group: STRING, version: STRING, kind: STRING };
const struct = types.structType;

/** The types that have fields. */
const STRUCTS: Readonly<Record<string, Fields>> = {
  "kubernetes.GroupVersionKind": kindFields,
  "kubernetes.GroupVersionResource": { group: STRING, version: STRING, resource: STRING },
  "kubernetes.UserInfo": {
    username: STRING,
    uid: STRING,
    groups: strings,
    extra: types.mapType(STRING, strings),
  },
  "kubernetes.AdmissionRequest": {
    kind: struct("kubernetes.GroupVersionKind"),
    resource: struct("kubernetes.GroupVersionResource"),
    subResource: STRING,
    requestKind: struct("kubernetes.GroupVersionKind"),
    requestResource: struct("kubernetes.GroupVersionResource"),
    requestSubResource: STRING,
    name: STRING,
    namespace: STRING,
    operation: STRING,
    userInfo: struct("kubernetes.UserInfo"),
    dryRun: BOOL,
    options: DYN,
  },
  "kubernetes.NamespaceSpec": { finalizers: strings },
  "kubernetes.NamespaceCondition": {
    status: STRING,
    type: STRING,
    lastTransitionTime: TIMESTAMP,
    message: STRING,
    reason: STRING,
  },
  "kubernetes.NamespaceStatus": {
    conditions: types.listType(struct("kubernetes.NamespaceCondition")),
    phase: STRING,
  },
  "kubernetes.NamespaceMetadata": {
    name: STRING,
    generateName: STRING,
    namespace: STRING,
    labels,
    annotations: labels,
    UID: STRING,
    creationTimestamp: TIMESTAMP,
    deletionGracePeriodSeconds: INT,
    deletionTimestamp: TIMESTAMP,
    generation: INT,
    resourceVersion: STRING,
    finalizers: strings,
  },
  "kubernetes.Namespace": {
    metadata: struct("kubernetes.NamespaceMetadata"),
    spec: struct("kubernetes.NamespaceSpec"),
    status: struct("kubernetes.NamespaceStatus"),
  },
  DRADevice: {
    driver: STRING,
    attributes: types.mapType(STRING, types.mapType(STRING, DYN)),
    capacity: types.mapType(
      STRING,
      types.mapType(STRING, struct("kubernetes.Quantity")),
    ),
    allowMultipleAllocations: BOOL,
  },
};

const JSON_PATCH_FIELDS: Fields = { op: STRING, path: STRING, from: STRING, value: DYN };
const NO_TYPE = struct("");
const VARIABLES = "kubernetes.variables";

/** The type of what an ApplyConfiguration mutation gives. */
export const OBJECT: Type = struct("Object");
/** The type of what a JSONPatch mutation gives. */
export const PATCHES: Type = types.listType(struct("JSONPatch"));

/** An object that an expression made, of a type named after its place: `Object.spec`. */
export class ObjectValue extends CelMap {
  constructor(readonly typeName: string, readonly fields: ReadonlyMap<string, Value>) {
    super();
  }
  override get celType(): Type {
    return struct(this.typeName);
  }
  get size(): number {
    return this.fields.size;
  }
  get(key: Value): Value | undefined {
    return typeof key === "string" ? this.fields.get(key) : undefined;
  }
  keys(): Iterable<Value> {
    return this.fields.keys();
  }
}

class PolicyTypes implements TypeProvider {
  constructor(readonly variables: ReadonlyMap<string, Type>, readonly patches: boolean) {}

  #isObject(name: string): boolean {
    return this.patches && (name === "Object" || name.startsWith("Object."));
  }

  hasType(name: string): boolean {
    return Object.hasOwn(STRUCTS, name) || name === VARIABLES || this.#isObject(name) ||
      (this.patches && name === "JSONPatch");
  }

  fieldType(typeName: string, field: string): Type | undefined {
    if (typeName === VARIABLES) return this.variables.get(field);
    if (this.#isObject(typeName)) return DYN;
    // A patch seems to have every field; those it has not are of no type.
    if (typeName === "JSONPatch") return JSON_PATCH_FIELDS[field] ?? NO_TYPE;
    const fields = STRUCTS[typeName];
    return fields !== undefined && Object.hasOwn(fields, field) ? fields[field] : undefined;
  }

  construct(typeName: string, fields: ReadonlyMap<string, Value>): Value {
    if (typeName === "JSONPatch") {
      for (const [name, value] of fields) {
        if (!Object.hasOwn(JSON_PATCH_FIELDS, name)) {
          fail(`unexpected JSONPatchType field: ${name}`);
        }
        if (name !== "value" && typeof value !== "string") {
          fail(`unexpected type ${typeof value} for JSONPatchType '${name}' field`);
        }
      }
    }
    return new ObjectValue(typeName, fields);
  }
}

/** Which variables are declared. */
export interface Declared {
  readonly hasParams: boolean;
  readonly hasAuthorizer: boolean;
  readonly hasPatchTypes?: boolean;
  /** The types of `variables.…`; absent where there is no such variable. */
  readonly variables?: ReadonlyMap<string, Type>;
}

/** The variables in the order in which evaluations pass them. */
export const VARIABLE_ORDER = [
  "object",
  "oldObject",
  "namespaceObject",
  "request",
  "params",
  "authorizer",
  "authorizer.requestResource",
  "variables",
] as const;

const plain = new Map<string, Environment>();

/** The environment of expressions that may use those variables. */
export function policyEnvironment(declared: Declared): Environment {
  const { hasParams, hasAuthorizer, hasPatchTypes = false, variables } = declared;
  const key = `${hasParams} ${hasAuthorizer} ${hasPatchTypes}`;
  const known = variables === undefined ? plain.get(key) : undefined;
  if (known !== undefined) return known;
  const made = KUBERNETES.extend({
    variables: {
      object: DYN,
      oldObject: DYN,
      namespaceObject: struct("kubernetes.Namespace"),
      request: struct("kubernetes.AdmissionRequest"),
      ...(hasParams ? { params: DYN } : {}),
      ...(hasAuthorizer
        ? { authorizer: AUTHORIZER_TYPE, "authorizer.requestResource": RESOURCE_CHECK_TYPE }
        : {}),
      ...(variables === undefined ? {} : { variables: struct(VARIABLES) }),
    },
    provider: new PolicyTypes(variables ?? new Map(), hasPatchTypes),
    ...(hasPatchTypes ? { libraries: [JSON_PATCH] } : {}),
  });
  if (variables === undefined) plain.set(key, made);
  return made;
}

/** The types of what an expression is about, where they are known. */
export interface Typed {
  readonly object: DeclaredType;
  readonly hasParams: boolean;
  readonly params: DeclaredType | undefined;
  readonly variables: ReadonlyMap<string, Type>;
}

/** The environment of validations whose objects have known types. */
export function typedEnvironment({ object, hasParams, params, variables }: Typed): Environment {
  // Of the authorizer's variables the type checker knows the plain one alone.
  const plain = policyEnvironment({ hasParams, hasAuthorizer: false, variables });
  const own = new SchemaTypes(params === undefined ? [object] : [object, params]);
  const { provider } = plain;
  return plain.extend({
    variables: {
      object: object.type,
      oldObject: object.type,
      authorizer: AUTHORIZER_TYPE,
      ...(params === undefined ? {} : { params: params.type }),
    },
    provider: {
      hasType: (name) => own.hasType(name) || provider.hasType(name),
      fieldType: (type, field) => own.fieldType(type, field) ?? provider.fieldType(type, field),
    },
  });
}

/** The environment of the selectors of devices. */
export const DEVICE_ENVIRONMENT: Environment = KUBERNETES.extend({
  variables: { device: struct("DRADevice") },
  provider: new PolicyTypes(new Map(), false),
});
