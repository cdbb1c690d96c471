// Whether a rule of a role allows something. Source:
// pkg/apis/rbac/v1/evaluation_helpers.go and plugin/pkg/auth/authorizer/rbac.

import type { AuthorizationAttributes } from "./types.ts";

/** A rule of a role, as roles hold it. */
export interface PolicyRule {
  /** What may be done; `*` is everything. */
  readonly verbs?: readonly string[];
  /** The API groups; `*` is all. */
  readonly apiGroups?: readonly string[];
  /** The resources, as `pods` or `pods/log`; `*` is all. */
  readonly resources?: readonly string[];
  /** Only objects of these names. */
  readonly resourceNames?: readonly string[];
  /** Paths that are not about resources; `*` may end one. */
  readonly nonResourceURLs?: readonly string[];
}

const ALL = "*";
const NONE: readonly string[] = [];

function includes(values: readonly string[] | undefined, wanted: string): boolean {
  return values !== undefined && (values.includes(ALL) || values.includes(wanted));
}

/** `*`, the resource with its subresource, or a subresource of all (`*` + `/scale`). */
function matchesResource(rule: PolicyRule, resource: string, subresource: string): boolean {
  const resources = rule.resources ?? NONE;
  const wanted = subresource === "" ? resource : `${resource}/${subresource}`;
  return includes(resources, wanted) ||
    (subresource !== "" && resources.includes(`${ALL}/${subresource}`));
}

function matchesName({ resourceNames = NONE }: PolicyRule, name: string): boolean {
  return resourceNames.length === 0 || resourceNames.includes(name);
}

function matchesPath({ nonResourceURLs = NONE }: PolicyRule, path: string): boolean {
  return nonResourceURLs.some((url) =>
    url === ALL || url === path ||
    (url.endsWith(ALL) && path.startsWith(url.replace(/\*+$/, "")))
  );
}

/** Whether the rule allows it. */
export function ruleAllows(rule: PolicyRule, wanted: AuthorizationAttributes): boolean {
  if (!includes(rule.verbs, wanted.verb)) return false;
  if (!wanted.resourceRequest) return matchesPath(rule, wanted.path);
  return includes(rule.apiGroups, wanted.group) &&
    matchesResource(rule, wanted.resource, wanted.subresource) &&
    matchesName(rule, wanted.name);
}
