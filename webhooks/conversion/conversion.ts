// Conversion between the versions of a kind without loss: what a version
// cannot say is kept in an annotation, and counts again where nobody has
// changed what it stood for. Not a transport; reviews.ts answers
// ConversionReviews with it. Source: Cluster API's util/conversion.

import { clone, equal, type JsonObject, type KubeObject } from "../../runtime/object.ts";
import { parseApiVersion } from "../../runtime/object.ts";

/** Annotation: an object of an older version as the stored version has it. */
export const CONVERSION_DATA_ANNOTATION = "cluster.x-k8s.io/conversion-data";

/** How the older version of a kind and the one that is stored become each other. Both change nothing in place. */
export interface Conversion {
  /** The API group. */
  readonly group: string;
  /** The kind. */
  readonly kind: string;
  /** The older version. */
  readonly spoke: string;
  /** The version that is stored. */
  readonly hub: string;
  /** `spec` and `status` of the older version in the stored one. `restored` is what the annotation kept. */
  up(parts: ObjectParts, restored: ObjectParts | undefined): ObjectParts;
  /** `spec` and `status` of the stored version in the older one. */
  down(parts: ObjectParts, context: ConversionContext): ObjectParts;
}

/** What the older versions say of an object's surroundings. */
export interface ConversionContext {
  /** Of the object; references of the older versions repeat it. Empty: it has none. */
  readonly namespace: string;
  /** The versions in which references name kinds. */
  readonly apiVersions: ApiVersions;
}

/**
 * The `apiVersion` that speaks the newest contract of a kind; `undefined` when
 * no definition says. The stored versions of Cluster API refer by group and
 * kind alone.
 */
export type ApiVersions = (group: string, kind: string) => string | undefined;

/** What a conversion changes of an object. */
export interface ObjectParts {
  /** What is wanted. */
  readonly spec?: JsonObject;
  /** What has been observed. */
  readonly status?: JsonObject;
}

/** Thrown when an object cannot be converted. */
export class ConversionError extends Error {
  /** With what is wrong. */
  constructor(message: string) {
    super(message);
    this.name = "ConversionError";
  }
}

/**
 * `object` in another version. Throws a {@linkcode ConversionError} where no
 * conversion leads there. `apiVersions`: default: no kind has any.
 */
export function convertObject(
  conversions: readonly Conversion[],
  object: KubeObject,
  apiVersion: string,
  apiVersions: ApiVersions = () => undefined,
): KubeObject {
  if (object.apiVersion === apiVersion) return object;
  const [from, to] = [parseApiVersion(object.apiVersion), parseApiVersion(apiVersion)];
  const conversion = conversions.find(({ group, kind, spoke, hub }) =>
    group === from.group && group === to.group && kind === object.kind &&
    (from.version === spoke && to.version === hub || from.version === hub && to.version === spoke)
  );
  if (conversion === undefined) {
    throw new ConversionError(
      `${object.kind} of ${object.apiVersion} cannot be converted to ${apiVersion}`,
    );
  }
  const context = { namespace: object.metadata.namespace ?? "", apiVersions };
  return from.version === conversion.spoke
    ? upwards(conversion, object, apiVersion, context)
    : downwards(conversion, object, apiVersion, context);
}

function downwards(
  conversion: Conversion,
  object: KubeObject,
  apiVersion: string,
  context: ConversionContext,
): KubeObject {
  const parts = partsOf(object);
  const converted = withParts(object, apiVersion, conversion.down(parts, context));
  converted.metadata.annotations = {
    ...converted.metadata.annotations,
    [CONVERSION_DATA_ANNOTATION]: JSON.stringify(parts),
  };
  return converted;
}

function upwards(
  conversion: Conversion,
  object: KubeObject,
  apiVersion: string,
  context: ConversionContext,
): KubeObject {
  const restored = restoredParts(object);
  const parts = partsOf(object);
  const before = restored === undefined ? undefined : conversion.down(restored, context);
  const fresh = conversion.up(parts, restored);
  // Whoever changed nothing gets back what there was.
  const part = (name: keyof ObjectParts) =>
    before !== undefined && equal(before[name], parts[name]) ? restored?.[name] : fresh[name];
  const [spec, status] = [part("spec"), part("status")];
  const converted = withParts(object, apiVersion, {
    ...(spec === undefined ? {} : { spec }),
    ...(status === undefined ? {} : { status }),
  });
  dropAnnotation(converted);
  return converted;
}

function partsOf({ spec, status }: KubeObject): ObjectParts {
  return { ...(spec === undefined ? {} : { spec }), ...(status === undefined ? {} : { status }) };
}

function withParts(object: KubeObject, apiVersion: string, parts: ObjectParts): KubeObject {
  const { spec: _spec, status: _status, ...rest } = object;
  return clone({ ...rest, apiVersion, ...parts } as KubeObject);
}

function restoredParts({ metadata, kind }: KubeObject): ObjectParts | undefined {
  const text = metadata.annotations?.[CONVERSION_DATA_ANNOTATION];
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === "object" && !Array.isArray(value)) {
      return value as ObjectParts;
    }
  } catch {
    // Told below.
  }
  throw new ConversionError(
    `annotation ${CONVERSION_DATA_ANNOTATION} of ${kind} "${metadata.name}" is not a JSON object`,
  );
}

function dropAnnotation({ metadata }: KubeObject): void {
  const { annotations } = metadata;
  if (annotations === undefined) return;
  delete annotations[CONVERSION_DATA_ANNOTATION];
  if (Object.keys(annotations).length === 0) delete metadata.annotations;
}
