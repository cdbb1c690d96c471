// Which kinds are converted between versions, and how.

import type { Conversion } from "./conversion.ts";

export * from "./conversion.ts";
export { devConversions } from "./dev_kinds.ts";

/**
 * Conversions of Cluster API's own kinds. `tools/generate_crds.ts` serves a
 * kind in the versions that have one.
 */
export const coreConversions: readonly Conversion[] = [];
