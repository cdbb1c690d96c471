// How Go prints the specs of claims in errors. Source: the internal types of
// pkg/apis/resource.

import {
  goInt,
  goList,
  goNullable,
  goPointer,
  type GoShape,
  goString,
  goStruct,
  goValue,
} from "./go_value.ts";
import type { Part } from "./part.ts";
import { goNodeSelector, goTemplateMetadata } from "./pod_go_shapes.ts";

const selectors = goList(() =>
  goStruct(["CEL", "cel", goPointer(() => goStruct(["Expression", goString]))])
);

const tolerations = goList(() =>
  goStruct(
    ["Key", goString],
    ["Operator", goString],
    ["Value", goString],
    ["Effect", goString],
    ["TolerationSeconds", goNullable],
  )
);

const capacity = goPointer(() => goStruct(["Requests", goNullable]));

const exactly = goStruct(
  ["DeviceClassName", goString],
  ["Selectors", selectors],
  ["AllocationMode", goString],
  ["Count", goInt],
  ["AdminAccess", goNullable],
  ["Tolerations", tolerations],
  ["Capacity", capacity],
);

const alternative = goStruct(
  ["Name", goString],
  ["DeviceClassName", goString],
  ["Selectors", selectors],
  ["AllocationMode", goString],
  ["Count", goInt],
  ["Tolerations", tolerations],
  ["Capacity", capacity],
);

const opaque = goPointer(() => goStruct(["Driver", goString], ["Parameters", goNullable]));

/** The internal ResourceClaimSpec. */
export const claimSpecShape: GoShape = goStruct([
  "Devices",
  goStruct(
    [
      "Requests",
      goList(() =>
        goStruct(
          ["Name", goString],
          ["Exactly", goPointer(() => exactly)],
          ["FirstAvailable", goList(() => alternative)],
        )
      ),
    ],
    [
      "Constraints",
      goList(() =>
        goStruct(
          ["Requests", goNullable],
          ["MatchAttribute", goNullable],
          ["DistinctAttribute", goNullable],
        )
      ),
    ],
    ["Config", goList(() => goStruct(["Requests", goNullable], ["Opaque", opaque]))],
  ),
]);

/** The internal AllocationResult. */
export const allocationShape: GoShape = goStruct(
  [
    "Devices",
    goStruct(
      [
        "Results",
        goList(() =>
          goStruct(
            ["Request", goString],
            ["Driver", goString],
            ["Pool", goString],
            ["Device", goString],
            ["AdminAccess", goNullable],
            ["Tolerations", tolerations],
            ["BindingConditions", goNullable],
            ["BindingFailureConditions", goNullable],
            ["ShareID", goNullable],
            ["ConsumedCapacity", goNullable],
          )
        ),
      ],
      [
        "Config",
        goList(() => goStruct(["Source", goString], ["Requests", goNullable], ["Opaque", opaque])),
      ],
    ),
  ],
  ["NodeSelector", goPointer(() => goNodeSelector)],
  ["AllocationTimestamp", goNullable],
);

/** The internal ResourceClaimTemplateSpec: its metadata has JSON names and stands in the object itself. */
export function goClaimTemplateSpec(spec: Part): unknown {
  const printed = goTemplateMetadata(spec);
  printed.Spec = goValue(spec.spec, claimSpecShape);
  return printed;
}
