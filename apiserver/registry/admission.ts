// Runs the admission chain around a write.
// Source: k8s.io/apiserver admission/chain.go.

import type { KubeObject } from "../../runtime/object.ts";
import type { AdmissionPass } from "../admission/admission_metrics.ts";
import type {
  AdmissionAttributes,
  AdmissionPlugin,
  AdmissionServices,
} from "../admission/plugin.ts";
import type {
  DeleteRequestOptions,
  RequestContext,
  Target,
  WriteRequestOptions,
} from "../request.ts";
import type { Environment } from "./environment.ts";

/** What the plugins are asked about. */
export interface AdmissionRequest {
  readonly context: RequestContext;
  readonly target: Target;
  readonly operation: AdmissionAttributes["operation"];
  readonly dryRun: boolean;
  readonly options: KubeObject;
  readonly object?: KubeObject;
  readonly old?: KubeObject;
}

const services = new WeakMap<Environment, AdmissionServices>();

function servicesOf(env: Environment): AdmissionServices {
  let found = services.get(env);
  if (found === undefined) {
    found = {
      store: env.store,
      clock: env.clock,
      random: env.random,
      ...(env.admissionMetrics === undefined ? {} : { metrics: env.admissionMetrics }),
      definitionOf: (group, kind) => env.definitions.byKind(group, kind),
      versionsOf: (storage) => env.definitions.byStorage(storage),
    };
    services.set(env, found);
  }
  return found;
}

/** The first pass: plugins may change the object, which is answered. */
export async function admit(
  env: Environment,
  request: AdmissionRequest,
): Promise<KubeObject | undefined> {
  const attributes: AdmissionAttributes = { ...request };
  await admitOnce(env, attributes);
  const { reinvocation } = attributes;
  if (reinvocation?.needed === true) {
    reinvocation.again = true;
    await admitOnce(env, attributes);
  }
  return attributes.object;
}

async function admitOnce(env: Environment, attributes: AdmissionAttributes): Promise<void> {
  const watch = new Stopwatch(env, attributes.operation, "admit");
  for (const plugin of env.admission) {
    if (plugin.admit === undefined || !plugin.handles(attributes)) continue;
    try {
      const done = plugin.admit(attributes, servicesOf(env));
      if (done !== undefined) await done;
    } catch (error) {
      throw watch.refused(plugin, error);
    }
    watch.passed(plugin);
  }
  watch.done();
}

/** The second pass: plugins may only refuse. Answers nothing to wait for unless a plugin takes time. */
export function validate(env: Environment, request: AdmissionRequest): void | Promise<void> {
  const attributes: AdmissionAttributes = { ...request };
  const watch = new Stopwatch(env, attributes.operation, "validate");
  for (let i = 0; i < env.admission.length; i++) {
    const plugin = env.admission[i]!;
    if (plugin.validate === undefined || !plugin.handles(attributes)) continue;
    try {
      const done = plugin.validate(attributes, servicesOf(env));
      if (done !== undefined) return validateRest(env, attributes, i, done, watch);
    } catch (error) {
      throw watch.refused(plugin, error);
    }
    watch.passed(plugin);
  }
  watch.done();
}

async function validateRest(
  env: Environment,
  attributes: AdmissionAttributes,
  at: number,
  done: Promise<void>,
  watch: Stopwatch,
): Promise<void> {
  let waiting: void | Promise<void> = done;
  for (const plugin of env.admission.slice(at)) {
    if (plugin.validate === undefined || !plugin.handles(attributes)) continue;
    try {
      await (waiting ?? plugin.validate(attributes, servicesOf(env)));
    } catch (error) {
      throw watch.refused(plugin, error);
    }
    waiting = undefined;
    watch.passed(plugin);
  }
  watch.done();
}

/** Times one pass through the plugins, where anybody wants to know: one look at the clock for each. */
class Stopwatch {
  readonly #env: Environment;
  readonly #operation: AdmissionAttributes["operation"];
  readonly #pass: AdmissionPass;
  readonly #begun_ms: number;
  #last_ms: number;

  constructor(env: Environment, operation: AdmissionAttributes["operation"], pass: AdmissionPass) {
    this.#env = env;
    this.#operation = operation;
    this.#pass = pass;
    this.#begun_ms = this.#last_ms = env.admissionMetrics === undefined ? 0 : env.clock.now();
  }

  passed(plugin: AdmissionPlugin, rejected = false): void {
    const metrics = this.#env.admissionMetrics;
    if (metrics === undefined) return;
    const now_ms = this.#env.clock.now();
    metrics.plugin(plugin, this.#operation, this.#pass, now_ms - this.#last_ms, rejected);
    this.#last_ms = now_ms;
  }

  /** Gives the error back. */
  refused(plugin: AdmissionPlugin, error: unknown): unknown {
    this.passed(plugin, true);
    this.done(true);
    return error;
  }

  done(rejected = false): void {
    const { admissionMetrics } = this.#env;
    admissionMetrics?.step(this.#operation, this.#pass, this.#last_ms - this.#begun_ms, rejected);
  }
}

/** Options of a write as admission shows them. */
export function writeOptionsObject(
  kind: "CreateOptions" | "UpdateOptions",
  options: WriteRequestOptions,
): KubeObject {
  return {
    kind,
    apiVersion: "meta.k8s.io/v1",
    ...(options.dryRun ? { dryRun: ["All"] } : {}),
    ...(options.fieldManager === "" ? {} : { fieldManager: options.fieldManager }),
    ...(options.fieldValidationGiven === true ? { fieldValidation: options.fieldValidation } : {}),
  } as unknown as KubeObject;
}

/** Options of a deletion as admission shows them. */
export function deleteOptionsObject(options: DeleteRequestOptions): KubeObject {
  const { dryRun, ...rest } = options;
  return {
    kind: "DeleteOptions",
    apiVersion: "meta.k8s.io/v1",
    ...rest,
    ...(dryRun ? { dryRun: ["All"] } : {}),
  } as unknown as KubeObject;
}
