// The judgement about all built-in kinds, by `group/resource`.

import type { KindBehaviour } from "./behaviour.ts";
import { coreKinds } from "./mod_core.ts";
import { otherKinds } from "./mod_other.ts";

export type { KindBehaviour } from "./behaviour.ts";

/** Behaviour by `group/resource`; the core group is empty, as in `/pods`. Kinds not listed are plain. */
export const kinds: Readonly<Record<string, KindBehaviour>> = { ...otherKinds, ...coreKinds };
