// SelfSubjectRulesReview: what may I in a namespace? Source:
// pkg/registry/authorization/selfsubjectrulesreview.

import { badRequest } from "../../runtime/status.ts";
import type { PolicyRule } from "../auth/policy_rule.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { text } from "./field_messages.ts";

const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

function resourceRule({ verbs = [], apiGroups, resources, resourceNames }: PolicyRule) {
  return {
    verbs: [...verbs],
    ...(apiGroups === undefined ? {} : { apiGroups: [...apiGroups] }),
    ...(resources === undefined ? {} : { resources: [...resources] }),
    ...(resourceNames === undefined ? {} : { resourceNames: [...resourceNames] }),
  };
}

/** The kind. */
export const selfSubjectRulesReviews: KindBehaviour = {
  virtual: {
    create(object, { user, authorizer }) {
      const namespace = text(object["spec"]?.namespace);
      if (namespace === "") throw badRequest("no namespace on request");
      const { rules, error } = authorizer === undefined
        ? { rules: EVERYTHING, error: "" }
        : authorizer.rules?.(user, namespace) ?? { rules: [], error: "rules cannot be listed" };
      // The answer names no namespace.
      object["spec"] = {};
      object["status"] = {
        resourceRules: rules.filter(({ resources = [] }) => resources.length > 0)
          .map(resourceRule),
        nonResourceRules: rules.filter(({ nonResourceURLs = [] }) => nonResourceURLs.length > 0)
          .map(({ verbs = [], nonResourceURLs = [] }) => ({
            verbs: [...verbs],
            nonResourceURLs: [...nonResourceURLs],
          })),
        incomplete: error !== "",
        ...(error === "" ? {} : { evaluationError: error }),
      };
      return object;
    },
  },
};
