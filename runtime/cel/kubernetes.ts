// The environment that Kubernetes 1.36 compiles expressions in. Variables and
// types come with each use.

import { Environment } from "./environment.ts";
import { KUBERNETES_COSTS } from "./kubernetes_costs.ts";
import { IP, NETWORKS } from "./libraries/addresses.ts";
import { AUTHORIZER } from "./libraries/authorizer.ts";
import { NAMED_FORMATS } from "./libraries/formats.ts";
import { KUBERNETES_LISTS, LISTS } from "./libraries/lists.ts";
import { OPTIONALS } from "./libraries/optionals.ts";
import { QUANTITIES } from "./libraries/quantities.ts";
import { REGULAR_EXPRESSIONS } from "./libraries/regular_expressions.ts";
import { SEMANTIC_VERSIONS } from "./libraries/semantic_versions.ts";
import { SETS } from "./libraries/sets.ts";
import { STANDARD } from "./libraries/standard.ts";
import { stringsLibrary } from "./libraries/strings.ts";
import { TWO_VARIABLES } from "./libraries/two_variables.ts";
import { URLS } from "./libraries/urls.ts";

/** The most that one evaluation may cost. */
export const CALL_COST_MAX = 1_000_000;
/** The most that all rules of one object, or all policies of one request, may cost. */
export const BUDGET = 10_000_000;

/** Variables and types aside, what all expressions of Kubernetes may use. */
export const KUBERNETES: Environment = new Environment({
  libraries: [
    STANDARD,
    OPTIONALS,
    URLS,
    REGULAR_EXPRESSIONS,
    KUBERNETES_LISTS,
    AUTHORIZER,
    QUANTITIES,
    stringsLibrary(2),
    SETS,
    IP,
    NETWORKS,
    NAMED_FORMATS,
    TWO_VARIABLES,
    SEMANTIC_VERSIONS,
    LISTS,
  ],
  crossTypeComparisons: true,
  costs: KUBERNETES_COSTS,
  validateLiterals: true,
  instantiatesConstants: true,
});
