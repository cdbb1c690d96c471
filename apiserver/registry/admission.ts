// Runs the admission chain around a write.
// Source: k8s.io/apiserver admission/chain.go.

import type { KubeObject } from "../../runtime/object.ts";
import type { AdmissionAttributes, AdmissionServices } from "../admission/plugin.ts";
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
  for (const plugin of env.admission) {
    if (plugin.admit === undefined || !plugin.handles(attributes)) continue;
    const done = plugin.admit(attributes, servicesOf(env));
    if (done !== undefined) await done;
  }
}

/** The second pass: plugins may only refuse. Answers nothing to wait for unless a plugin takes time. */
export function validate(env: Environment, request: AdmissionRequest): void | Promise<void> {
  const attributes: AdmissionAttributes = { ...request };
  for (let i = 0; i < env.admission.length; i++) {
    const plugin = env.admission[i]!;
    if (plugin.validate === undefined || !plugin.handles(attributes)) continue;
    const done = plugin.validate(attributes, servicesOf(env));
    if (done !== undefined) return validateRest(env, attributes, i + 1, done);
  }
}

async function validateRest(
  env: Environment,
  attributes: AdmissionAttributes,
  next: number,
  done: Promise<void>,
): Promise<void> {
  await done;
  for (const plugin of env.admission.slice(next)) {
    if (plugin.validate === undefined || !plugin.handles(attributes)) continue;
    await plugin.validate(attributes, servicesOf(env));
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
