// The kinds of the core, apps, batch, policy and autoscaling groups, by
// `group/resource`. What each does is in its own file.

import type { KindBehaviour } from "./behaviour.ts";
import { componentStatus } from "./component_status.ts";
import { configMap } from "./config_map.ts";
import { namespace } from "./namespace.ts";
import { secret } from "./secret.ts";
import { serviceAccount } from "./service_account.ts";

/** Behaviour by `group/resource`; the core group is empty, as in `/pods`. */
export const coreKinds: Readonly<Record<string, KindBehaviour>> = {
  "/componentstatuses": componentStatus,
  "/configmaps": configMap,
  "/namespaces": namespace,
  "/secrets": secret,
  "/serviceaccounts": serviceAccount,
};
