// The flow schemas that every server insists on, and how Go prints the spec
// of one that was changed. Source: pkg/apis/flowcontrol/bootstrap.

import type { JsonObject } from "../../runtime/object.ts";
import {
  goBool,
  goInt,
  goList,
  goNullable,
  goPointer,
  type GoShape,
  goString,
  goStruct,
} from "./go_value.ts";

function everything(groups: string[]): JsonObject[] {
  return [{
    subjects: groups.map((name) => ({ kind: "Group", group: { name } })),
    resourceRules: [{
      verbs: ["*"],
      apiGroups: ["*"],
      resources: ["*"],
      clusterScope: true,
      namespaces: ["*"],
    }],
    nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
  }];
}

/** The fixed specs by name. */
export const mandatoryFlowSchemas: Readonly<Record<string, JsonObject>> = {
  exempt: {
    priorityLevelConfiguration: { name: "exempt" },
    matchingPrecedence: 1,
    rules: everything(["system:masters"]),
  },
  "catch-all": {
    priorityLevelConfiguration: { name: "catch-all" },
    matchingPrecedence: 10_000,
    distinguisherMethod: { type: "ByUser" },
    rules: everything(["system:unauthenticated", "system:authenticated"]),
  },
};

const named = goStruct(["Name", goString]);

/** The internal FlowSchemaSpec. */
export const flowSchemaSpecShape: GoShape = goStruct(
  ["PriorityLevelConfiguration", named],
  ["MatchingPrecedence", goInt],
  ["DistinguisherMethod", goPointer(() => goStruct(["Type", goString]))],
  [
    "Rules",
    goList(() =>
      goStruct(
        [
          "Subjects",
          goList(() =>
            goStruct(
              ["Kind", goString],
              ["User", goPointer(() => named)],
              ["Group", goPointer(() => named)],
              [
                "ServiceAccount",
                goPointer(() => goStruct(["Namespace", goString], ["Name", goString])),
              ],
            )
          ),
        ],
        [
          "ResourceRules",
          goList(() =>
            goStruct(
              ["Verbs", goNullable],
              ["APIGroups", "apiGroups", goNullable],
              ["Resources", goNullable],
              ["ClusterScope", goBool],
              ["Namespaces", goNullable],
            )
          ),
        ],
        [
          "NonResourceRules",
          goList(() =>
            goStruct(["Verbs", goNullable], ["NonResourceURLs", "nonResourceURLs", goNullable])
          ),
        ],
      )
    ),
  ],
);
