// Who owns which fields after a write: what the registry knows of a request,
// put the way runtime/apply wants it.

import { rfc3339 } from "../../runtime/clock.ts";
import { type Applied, serverSideApply, updateManagedFields } from "../../runtime/apply/mod.ts";
import type { ManagedWrite, VersionLookup } from "../../runtime/apply/mod.ts";
import {
  apiVersionOf,
  type JsonObject,
  type JsonValue,
  type KubeObject,
  type ManagedFieldsEntry,
  parseApiVersion,
} from "../../runtime/object.ts";
import { withEmpties } from "../../runtime/schema/empties.ts";
import type { ResourceDefinition, Strategy } from "../definition.ts";
import type { RequestContext, Target, WriteRequestOptions } from "../request.ts";
import type { Environment } from "./environment.ts";
import { KnownConversions } from "./known_conversions.ts";

/** How long a manager's name may be when it comes from a user agent. */
const USER_AGENT_LENGTH_MAX = 128;

/** The field manager: as given, or the user agent up to its first slash. */
function managerOf(context: RequestContext, options: WriteRequestOptions): string {
  if (options.fieldManager !== "") return options.fieldManager;
  let printable = "";
  for (const char of context.userAgent.split("/", 1)[0]!) {
    if (char >= " " && char !== "\x7f") printable += char;
  }
  return printable.slice(0, USER_AGENT_LENGTH_MAX);
}

/** Other versions of the kind, for managers who wrote in them. */
function versionLookup(
  env: Environment,
  definition: ResourceDefinition,
  conversions: KnownConversions,
): VersionLookup {
  return (apiVersion) => {
    const { group, version } = parseApiVersion(apiVersion);
    const other = group === definition.group
      ? env.definitions.lookup(group, version, definition.resource)
      : env.definitions.byStorage(definition.storage).find((d) => apiVersionOf(d) === apiVersion);
    if (other === undefined) return undefined;
    return {
      node: other.schema,
      convert: (object) => conversions.convert(definition, other, object),
      convertBack: (object) => conversions.convert(other, definition, object),
    };
  };
}

function managedWrite(
  env: Environment,
  context: RequestContext,
  target: Target,
  strategy: Strategy,
  options: WriteRequestOptions,
  conversions: KnownConversions,
): ManagedWrite {
  return {
    node: target.definition.schema,
    manager: managerOf(context, options),
    apiVersion: apiVersionOf(target.definition),
    subresource: target.subresource?.name ?? "",
    time: rfc3339(env.clock.now()),
    ...(strategy.resetFields === undefined
      ? {}
      : { resetFields: strategy.resetFields as JsonObject }),
    versions: versionLookup(env, target.definition, conversions),
  };
}

/**
 * Sets `metadata.managedFields` of an object that is about to replace `live`.
 * A promise only where a conversion webhook has to be asked.
 */
export function trackFields(
  env: Environment,
  context: RequestContext,
  target: Target,
  strategy: Strategy,
  options: WriteRequestOptions,
  object: KubeObject,
  live: KubeObject | undefined,
): void | Promise<void> {
  // An empty list belongs to whoever wrote it, although storage will not know it.
  const undo = withEmpties(object);
  const entries = KnownConversions.run((conversions) =>
    updateManagedFields({
      ...managedWrite(env, context, target, strategy, options, conversions),
      ...(live === undefined ? {} : { live }),
      next: conversions.canonical(target.definition, object),
    })
  );
  if (entries instanceof Promise) {
    return entries.finally(() => undo?.()).then((entries) => setEntries(object, entries));
  }
  undo?.();
  setEntries(object, entries);
}

function setEntries(
  { metadata }: KubeObject,
  entries: ManagedFieldsEntry[] | undefined,
): void {
  if (entries === undefined) delete metadata.managedFields;
  else metadata.managedFields = entries;
}

/** The object that an apply patch makes of `live`. A promise only where a conversion webhook has to be asked. */
export function applyConfiguration(
  env: Environment,
  context: RequestContext,
  target: Target,
  strategy: Strategy,
  options: WriteRequestOptions,
  config: KubeObject,
  live: KubeObject | undefined,
): Applied | Promise<Applied> {
  return KnownConversions.run((conversions) =>
    serverSideApply({
      ...managedWrite(env, context, target, strategy, options, conversions),
      kind: target.definition.kind,
      ...(live === undefined ? {} : { live }),
      config,
      force: options.force ?? false,
    })
  );
}

/**
 * An empty list of managed fields asks to forget them all. Decoding drops
 * empty lists; this puts the list back, until the fields have been tracked.
 */
export function keepReset(sent: JsonValue, object: KubeObject): void {
  const metadata = (sent as JsonObject | null)?.metadata;
  if (metadata === null || typeof metadata !== "object" || Array.isArray(metadata)) return;
  const { managedFields } = metadata ?? {};
  if (Array.isArray(managedFields) && managedFields.length === 0) {
    (object.metadata ??= {}).managedFields = [];
  }
}
