// Fills in what a client may leave out. For custom resources that is the
// schema's doing, for built-in kinds the schema's and the kind's own.

import type { KubeObject } from "../../runtime/object.ts";
import type { ResourceDefinition } from "../definition.ts";

/** Sets defaults in place. Doing it twice changes nothing more. */
export function setDefaults(definition: ResourceDefinition, object: KubeObject): void {
  definition.setDefaults?.(object);
}
