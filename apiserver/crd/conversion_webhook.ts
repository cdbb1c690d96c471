// Conversion between the versions of a custom resource by its webhook: the
// ConversionReview protocol. What was converted out of the store is kept as
// long as the stored object is, as the watch caches of the real server do.
// Source: apiextensions-apiserver pkg/apiserver/conversion.

import { type FieldError, printFieldError } from "../../runtime/field/error.ts";
import { goJson } from "../../runtime/go_text.ts";
import {
  clone,
  type JsonObject,
  type JsonValue,
  type KubeObject,
  parseApiVersion,
} from "../../runtime/object.ts";
import { goType } from "../../runtime/patch/go_value.ts";
import type { Random } from "../../runtime/random.ts";
import { StatusError } from "../../runtime/status.ts";
import { annotationErrors, labelErrors } from "../registry/object_meta.ts";
import { WebhookCallError, type WebhookClient, type WebhookClientConfig } from "../webhook/mod.ts";
import type { Converter } from "./converter.ts";
import type { CustomResourceDefinition } from "./custom_resource_definition.ts";

const GROUP = "apiextensions.k8s.io";
const KIND = "ConversionReview";
const TIMEOUT_SECONDS = 30;
/** So many objects at most are sent at once. */
const OBJECTS_MAX = 500;
const ACCEPTED = ["v1", "v1beta1"];

/** A failed conversion: clients see status 500 without a reason. */
function failure(message: string): StatusError {
  return new StatusError(500, "", message);
}

/** Asks a definition's webhook. */
export class ConversionWebhook implements Converter {
  readonly #client: WebhookClient;
  readonly #random: Random;
  readonly #config: WebhookClientConfig;
  readonly #review: string | undefined;
  readonly #versions: ReadonlySet<string>;
  readonly #known = new WeakMap<KubeObject, Map<string, KubeObject | Promise<KubeObject>>>();

  /** Of that definition, whose strategy is `Webhook`. */
  constructor(crd: CustomResourceDefinition, client: WebhookClient, random: Random) {
    const { group, versions, conversion } = crd.spec;
    this.#client = client;
    this.#random = random;
    this.#config = (conversion?.webhook?.clientConfig ?? {}) as WebhookClientConfig;
    this.#review = conversion?.webhook?.conversionReviewVersions
      ?.find((version) => ACCEPTED.includes(version));
    this.#versions = new Set(versions.map(({ name }) => `${group}/${name}`));
  }

  /** Asks about one object, whatever has been asked before. */
  async convert(object: KubeObject, apiVersion: string): Promise<KubeObject> {
    const [converted] = await this.#ask([object], apiVersion);
    return converted!;
  }

  /** What is known of a stored object, or else what the webhook says. */
  convertStored(object: KubeObject, apiVersion: string): KubeObject | Promise<KubeObject> {
    return this.#recall(object, apiVersion) ??
      this.#remember(object, apiVersion, this.convert(object, apiVersion));
  }

  /** As {@linkcode ConversionWebhook.convertStored} for many: those not known yet are sent together. */
  async convertAllStored(
    objects: readonly KubeObject[],
    apiVersion: string,
  ): Promise<KubeObject[]> {
    const unknown = objects.filter((object) =>
      object.apiVersion !== apiVersion && this.#recall(object, apiVersion) === undefined
    );
    for (let at = 0; at < unknown.length; at += OBJECTS_MAX) {
      const part = unknown.slice(at, at + OBJECTS_MAX);
      const asked = this.#ask(part, apiVersion);
      part.forEach((object, i) => {
        const one = asked.then((converted) => converted[i]!);
        void this.#remember(object, apiVersion, one).catch(() => undefined);
      });
      await asked;
    }
    return await Promise.all(
      objects.map((object) =>
        object.apiVersion === apiVersion ? object : this.convertStored(object, apiVersion)
      ),
    );
  }

  #recall(object: KubeObject, apiVersion: string): KubeObject | Promise<KubeObject> | undefined {
    return this.#known.get(object)?.get(apiVersion);
  }

  /** Failures are not kept. */
  #remember(
    object: KubeObject,
    apiVersion: string,
    asked: Promise<KubeObject>,
  ): Promise<KubeObject> {
    let known = this.#known.get(object);
    if (known === undefined) this.#known.set(object, known = new Map());
    const versions = known;
    const kept = asked.then((converted) => {
      versions.set(apiVersion, converted);
      return converted;
    }, (error) => {
      versions.delete(apiVersion);
      throw error;
    });
    versions.set(apiVersion, kept);
    return kept;
  }

  async #ask(objects: readonly KubeObject[], apiVersion: string): Promise<KubeObject[]> {
    for (const object of objects) this.#checkVersions(object, apiVersion);
    if (this.#review === undefined) throw failure("no supported conversion review versions");
    const about = describe(objects[0]!);
    const response = await this.#call(objects, apiVersion, about);
    const converted = (response.convertedObjects ?? []) as readonly JsonValue[];
    if (converted.length !== objects.length) {
      throw failure(
        `conversion webhook for ${about} returned ${converted.length} objects, expected ${objects.length}`,
      );
    }
    return converted.map((object, i) => accept(objects[i]!, object, apiVersion));
  }

  #checkVersions(object: KubeObject, apiVersion: string): void {
    if (!this.#versions.has(apiVersion)) {
      throw failure(`request to convert CR to an invalid group/version: ${apiVersion}`);
    }
    if (!this.#versions.has(object.apiVersion)) {
      throw failure(`request to convert CR from an invalid group/version: ${object.apiVersion}`);
    }
  }

  async #call(
    objects: readonly KubeObject[],
    desiredAPIVersion: string,
    about: string,
  ): Promise<JsonObject> {
    const uid = this.#random.uuid();
    const request = { uid, desiredAPIVersion, objects: objects.map(withoutResourceVersion) };
    const apiVersion = `${GROUP}/${this.#review}`;
    try {
      const answer = await this.#client.call({
        config: this.#config,
        review: { kind: KIND, apiVersion, request } as unknown as JsonObject,
        timeout_seconds: TIMEOUT_SECONDS,
        expired: "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
      });
      return successful(answer, uid, this.#review === "v1");
    } catch (error) {
      if (!(error instanceof WebhookCallError)) throw error;
      throw failure(`conversion webhook for ${about} failed: ${error.message}`);
    }
  }
}

/** Versions are the store's, not the object's. */
function withoutResourceVersion(object: KubeObject): KubeObject {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Group, version and kind as Go prints them. */
function describe({ apiVersion, kind }: { apiVersion?: JsonValue; kind?: JsonValue }): string {
  const { group, version } = parseApiVersion((apiVersion ?? "") as string);
  return `${group}/${version}, Kind=${kind ?? ""}`;
}

/** The response, if it is one and tells of success. Only v1 looks at kind and uid. */
function successful(answer: JsonObject, uid: string, strict: boolean): JsonObject {
  const { apiVersion, kind } = answer;
  if (strict && (apiVersion !== `${GROUP}/v1` || kind !== KIND)) {
    throw new WebhookCallError(
      `expected webhook response of ${GROUP}/v1, Kind=${KIND}, got ${describe(answer)}`,
    );
  }
  const response = answer.response as JsonObject | null | undefined;
  if (response === null || response === undefined) {
    throw new WebhookCallError("no response provided");
  }
  if (strict && response.uid !== uid) {
    throw new WebhookCallError(
      `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? "")}`,
    );
  }
  const { status = "", message = "" } = (response.result ?? {}) as JsonObject;
  if (status !== "Success") {
    throw new WebhookCallError(
      (message as string) || `response.result.status was '${status}', not 'Success'`,
    );
  }
  return response;
}

/** One converted object: checked, and with the metadata of the original. */
function accept(original: KubeObject, value: JsonValue, apiVersion: string): KubeObject {
  const about = describe(original);
  const converted = asObject(value);
  const wrong = (what: string) =>
    failure(`conversion webhook for ${about} returned invalid object at index 0: invalid ${what}`);
  if (converted.apiVersion !== apiVersion) {
    throw wrong(
      `groupVersion (expected ${apiVersion}, received ${converted.apiVersion ?? ""})`,
    );
  }
  if (converted.kind !== original.kind) {
    throw wrong(`kind (expected ${original.kind}, received ${converted.kind})`);
  }
  const problem = identityProblem(original, converted);
  if (problem !== undefined) {
    throw failure(`conversion webhook for ${about} returned invalid object: ${problem}`);
  }
  try {
    return restoreMetadata(original, converted);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw failure(`conversion webhook for ${about} returned invalid metadata: ${error.message}`);
  }
}

function asObject(value: JsonValue): JsonObject {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    const type = Array.isArray(value)
      ? "array"
      : typeof value === "boolean"
      ? "bool"
      : typeof value;
    throw failure(
      `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
    );
  }
  if (!value.kind) throw failure(`Object 'Kind' is missing in '${goJson(value)}'`);
  return value;
}

function identityProblem(original: KubeObject, converted: JsonObject): string | undefined {
  const before = original.metadata as unknown as JsonObject;
  const { metadata } = converted;
  const after = isMap(metadata) ? metadata : {};
  for (
    const [member, name] of [["name", "name"], ["namespace", "namespace"], ["uid", "UID"]] as const
  ) {
    const [expected, got] = [before[member] ?? "", after[member] ?? ""];
    if (expected !== got) return `must have the same ${name}: ${expected} != ${got}`;
  }
  return undefined;
}

function isMap(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Labels and annotations are the webhook's, all else is as it was. Throws TypeError. */
function restoreMetadata(original: KubeObject, converted: JsonObject): KubeObject {
  if (converted.metadata === undefined) throw new TypeError("missing metadata in converted object");
  const given = converted.metadata;
  if (!isMap(given)) {
    throw new TypeError(`invalid metadata of type ${typeName(given)} in converted object`);
  }
  const { labels, annotations, ...kept } = original.metadata;
  const metadata: JsonObject = clone(kept) as JsonObject;
  for (const [member, before] of [["labels", labels], ["annotations", annotations]] as const) {
    const after = given[member];
    if (after === undefined || after === null) continue;
    metadata[member] = checkTexts(member, after, before ?? {});
  }
  return { ...converted, metadata } as unknown as KubeObject;
}

function checkTexts(
  member: "labels" | "annotations",
  value: JsonValue,
  before: Record<string, string>,
): JsonObject {
  if (!isMap(value)) {
    throw new TypeError(
      `invalid metadata.${member} of type ${typeName(value)} in converted object`,
    );
  }
  const names = Object.keys(value);
  let changed = names.length !== Object.keys(before).length;
  for (const name of names) {
    const text = value[name]!;
    if (typeof text !== "string") {
      throw new TypeError(
        `metadata.${member}[${name}] must be a string, but is ${
          typeName(text)
        } in converted object`,
      );
    }
    changed ||= before[name] !== text;
  }
  const errors = changed ? textErrors(member, value as Record<string, string>) : [];
  if (errors.length > 0) throw new TypeError(aggregate(errors));
  return value;
}

function textErrors(member: "labels" | "annotations", value: Record<string, string>): FieldError[] {
  return member === "labels"
    ? labelErrors({ labels: value })
    // In the singular, as the real server has it.
    : annotationErrors({ annotations: value })
      .map((error) => ({ ...error, field: "metadata.annotation" }));
}

function aggregate(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(printFieldError))];
  return texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`;
}

/** As `%T` prints it. */
function typeName(value: JsonValue): string {
  return value === null ? "<nil>" : goType(value);
}
