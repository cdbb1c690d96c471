// Admission plugin MutatingAdmissionWebhook: asks one webhook after the
// other and applies what each wants changed; asks again those that want to
// see what others have changed.
// Source: k8s.io/apiserver admission/plugin/webhook/mutating.

import { decodeManagers } from "../../runtime/apply/managers.ts";
import { clone, equal, type KubeObject } from "../../runtime/object.ts";
import type {
  AdmissionAttributes,
  AdmissionPlugin,
  AdmissionServices,
  Reinvocation,
} from "../admission/plugin.ts";
import { askHook, HookFailure } from "./hook_caller.ts";
import { type Hook, Hooks } from "./hooks.ts";
import { isExempt, matchHook, meetsConditions } from "./match.ts";
import { patchObject } from "./patch_object.ts";
import { checkNotOver, type WebhookPluginOptions } from "./validating_webhooks.ts";
import { convertBetween, type VersionedObjects, versionedObjects } from "./versioned_objects.ts";

const NAME = "MutatingAdmissionWebhook";

/** What is remembered of one request between the two rounds. */
interface Rounds {
  /** The object as the first round left it. */
  output?: KubeObject;
  /** Webhooks that have been asked and want to see later changes. */
  readonly asked: Set<string>;
  /** Webhooks to be asked again. */
  readonly again: Set<string>;
}

/** The plugin. */
export function mutatingWebhooks(options: WebhookPluginOptions): AdmissionPlugin {
  const hooks = new Hooks(options.store, "mutatingwebhookconfigurations");
  const matches = (attributes: AdmissionAttributes, services: AdmissionServices) =>
    hooks.all.some((hook) => matchHook(hook, attributes, services) !== undefined);
  return {
    name: NAME,
    handles: (attributes) => hooks.all.length > 0 && !isExempt(attributes),
    admit(attributes, services) {
      // Of deletions the object is known only later.
      if (attributes.operation === "DELETE") return;
      // A webhook may come to match by what another one changes, but not before one has matched.
      if (attributes.reinvocation === undefined && !matches(attributes, services)) return;
      return new MutatingRound(options, attributes, services).run(hooks.all);
    },
    validate(attributes, services) {
      if (attributes.operation !== "DELETE" || !matches(attributes, services)) return;
      return new MutatingRound(options, attributes, services).run(hooks.all);
    },
  };
}

/** One round of all webhooks over one request. */
class MutatingRound {
  readonly #options: WebhookPluginOptions;
  readonly #attributes: AdmissionAttributes;
  readonly #services: AdmissionServices;
  readonly #reinvocation: Reinvocation;
  readonly #rounds: Rounds;
  /** The objects in the version that the last webhook wanted. */
  #objects: VersionedObjects | undefined;
  /** They have been changed since they were converted. */
  #dirty = false;

  constructor(
    options: WebhookPluginOptions,
    attributes: AdmissionAttributes,
    services: AdmissionServices,
  ) {
    this.#options = options;
    this.#attributes = attributes;
    this.#services = services;
    this.#reinvocation = attributes.reinvocation ??= {
      again: false,
      needed: false,
      values: new Map(),
    };
    const known = this.#reinvocation.values.get(NAME) as Rounds | undefined;
    this.#rounds = known ?? { asked: new Set(), again: new Set() };
    this.#reinvocation.values.set(NAME, this.#rounds);
  }

  async run(hooks: readonly Hook[]): Promise<void> {
    const rounds = this.#rounds;
    const before = this.#attributes.object;
    const managed = before?.metadata?.managedFields;
    if (this.#reinvocation.again && !equal(rounds.output, before)) this.#requireAgain();
    for (const [index, hook] of hooks.entries()) await this.#consider(hook, index);
    await this.#settle();
    const { object } = this.#attributes;
    if (object !== undefined) {
      keepManagedFields(this.#attributes, object, managed);
      rounds.output = clone(object);
    }
  }

  /** Asks a webhook if it matches the object as it is now. */
  async #consider(hook: Hook, index: number): Promise<void> {
    const seen = this.#seen();
    const invocation = matchHook(hook, seen, this.#services);
    if (invocation === undefined) return;
    const { matchConditions } = this.#options;
    if ((hook.spec.matchConditions?.length ?? 0) > 0) {
      const objects = await this.#version(invocation.definition);
      if (!meetsConditions(invocation, seen, objects, matchConditions)) return;
    }
    if (this.#reinvocation.again && !this.#rounds.again.has(hook.id)) return;
    const objects = await this.#version(invocation.definition);
    let changed: KubeObject | undefined;
    let failure: unknown;
    try {
      const { client } = this.#options;
      const { patch, patchType } = await askHook(
        client,
        invocation,
        this.#attributes,
        objects,
        this.#services,
        true,
      );
      changed = patchObject(hook.spec.name, objects, patch, patchType);
    } catch (error) {
      failure = error;
    }
    const round = `round_${this.#reinvocation.again ? 1 : 0}_index_${index}`;
    const mutated = changed !== undefined && !equal(changed, objects.object);
    this.#annotate(
      `mutation.webhook.admission.k8s.io/${round}`,
      JSON.stringify({ configuration: hook.configuration, webhook: hook.spec.name, mutated }),
    );
    if (changed !== undefined) this.#change(changed, objects);
    if (hook.spec.reinvocationPolicy === "IfNeeded") this.#rounds.asked.add(hook.id);
    if (failure === undefined) return;
    if (!(failure instanceof HookFailure)) throw failure;
    if (hook.spec.failurePolicy !== "Ignore") throw failure.status;
    this.#annotate(`failed-open.mutating.webhook.admission.k8s.io/${round}`, hook.spec.name);
    checkNotOver(this.#attributes);
  }

  #annotate(key: string, value: string): void {
    this.#attributes.context.annotate?.(key, value);
  }

  /** The request with the object as the webhooks so far have left it. */
  #seen(): AdmissionAttributes {
    const object = this.#objects?.object;
    return object === undefined ? this.#attributes : { ...this.#attributes, object };
  }

  #change(object: KubeObject, objects: VersionedObjects): void {
    if (!equal(object, objects.object)) {
      this.#requireAgain();
      this.#reinvocation.needed = true;
    }
    this.#objects = { ...objects, object };
    this.#dirty = true;
  }

  #requireAgain(): void {
    const { asked, again } = this.#rounds;
    for (const id of asked) again.add(id);
    asked.clear();
  }

  /** The objects in that version. */
  async #version(definition: VersionedObjects["definition"]): Promise<VersionedObjects> {
    if (this.#objects?.definition !== definition) {
      await this.#settle();
      this.#objects = await versionedObjects(this.#attributes, definition);
    }
    return this.#objects;
  }

  /** Carries changes back to the request's object. */
  async #settle(): Promise<void> {
    const objects = this.#objects;
    if (!this.#dirty || objects?.object === undefined) return;
    const { target } = this.#attributes;
    this.#attributes.object = await convertBetween(
      objects.definition,
      target.definition,
      objects.object,
    );
    this.#dirty = false;
  }
}

/** Managed fields that webhooks have spoilt are put back. */
function keepManagedFields(
  { context }: AdmissionAttributes,
  object: KubeObject,
  before: KubeObject["metadata"]["managedFields"],
): void {
  const after = object.metadata?.managedFields;
  if (after === before || after === undefined || equal(after, before)) return;
  const problem = decodeManagers(after);
  if (typeof problem !== "string") return;
  if (before === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = before;
  context.warn(
    `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${problem}`,
  );
}
