// Conversions that take time, for work that cannot wait. The work asks for a
// conversion; when its result is not known yet the work is given up, and done
// again from the start once it is. Only good for work without side effects.

import { stringifyJson } from "../../runtime/json.ts";
import { apiVersionOf, type JsonObject, type KubeObject } from "../../runtime/object.ts";
import type { ResourceDefinition } from "../definition.ts";

/** Work may need so many conversions before something is wrong. */
const ATTEMPTS_MAX = 100;

/** Thrown out of the work. */
class NotKnownYet {
  constructor(readonly conversion: Promise<unknown>) {}
}

/** What has been converted for one piece of work. */
export class KnownConversions {
  readonly #known = new Map<string, KubeObject>();

  /** An object of one version in another. */
  convert(from: ResourceDefinition, to: ResourceDefinition, object: KubeObject): KubeObject {
    if (to.conversion === undefined || from.conversion === undefined) return object;
    if (to.conversion.between === undefined) return throughStorage(from, to, object);
    // Objects are the same when they read the same: the work makes new ones each time.
    const key = `${apiVersionOf(to)} ${stringifyJson(object)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const converted = to.conversion.between(object);
    if (!(converted instanceof Promise)) return converted;
    throw new NotKnownYet(
      converted.then((result) => {
        to.coerce?.(result as unknown as JsonObject);
        this.#known.set(key, result);
      }),
    );
  }

  /** An object as its own version reads it back: built-in ones keep there what they have no fields for in annotations. */
  canonical(definition: ResourceDefinition, object: KubeObject): KubeObject {
    const { conversion } = definition;
    return conversion === undefined || conversion.between !== undefined
      ? object
      : throughStorage(definition, definition, object);
  }

  /** The result of work that asks for conversions. A promise only when one takes time. */
  static run<T>(work: (conversions: KnownConversions) => T): T | Promise<T> {
    const conversions = new KnownConversions();
    try {
      return work(conversions);
    } catch (error) {
      if (!(error instanceof NotKnownYet)) throw error;
      return conversions.#again(work, error);
    }
  }

  async #again<T>(work: (conversions: KnownConversions) => T, first: NotKnownYet): Promise<T> {
    let missing = first;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      await missing.conversion;
      try {
        return work(this);
      } catch (error) {
        if (!(error instanceof NotKnownYet)) throw error;
        missing = error;
      }
    }
    throw new Error("conversions between versions give another result each time");
  }
}

/** Built-in kinds are converted by functions of this process. */
function throughStorage(
  from: ResourceDefinition,
  to: ResourceDefinition,
  object: KubeObject,
): KubeObject {
  const stored = from.conversion?.toStorage(object) ?? object;
  return to.conversion?.fromStorage(stored as KubeObject) as KubeObject;
}
