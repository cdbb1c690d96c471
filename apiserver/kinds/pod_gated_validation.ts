// Checks of what may change while a pod waits at its scheduling gates: where
// it may run can become narrower. Source: validateNodeSelectorMutation and
// validateNodeAffinityMutation of pkg/apis/core/validation.

import { type FieldError, invalid } from "../../runtime/field/error.ts";
import { goValue } from "./go_value.ts";
import { isEmpty, items, type Part, semanticEqual } from "./part.ts";
import { goNodeAffinity } from "./pod_go_shapes.ts";

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";

/** Errors of the change. Puts what may change back in `munged`, in place. */
export function validateGatedChange(munged: Part, before: Part): FieldError[] {
  const errors: FieldError[] = [];
  if (!semanticEqual(munged.nodeSelector, before.nodeSelector)) {
    errors.push(...selectorErrors(munged.nodeSelector, before.nodeSelector));
    munged.nodeSelector = before.nodeSelector;
  }
  const affinity: Part | undefined = munged.affinity?.nodeAffinity;
  const old: Part | undefined = before.affinity?.nodeAffinity;
  if (!semanticEqual(affinity, old)) {
    errors.push(...affinityErrors(affinity, old));
    if (!munged.affinity) munged.affinity = { nodeAffinity: old };
    else if (!before.affinity && !munged.affinity.podAffinity && !munged.affinity.podAntiAffinity) {
      delete munged.affinity;
    } else munged.affinity = { ...munged.affinity, nodeAffinity: old };
  }
  return errors;
}

function selectorErrors(
  selector: Readonly<Record<string, string>> | undefined,
  old: Readonly<Record<string, string>> | undefined,
): FieldError[] {
  const kept = Object.entries(old ?? {}).every(([key, value]) => selector?.[key] === value);
  return kept ? [] : [
    invalid(
      "spec.nodeSelector",
      selector,
      "only additions to spec.nodeSelector are allowed (no mutations or deletions)",
    ),
  ];
}

function affinityErrors(affinity: Part | undefined, old: Part | undefined): FieldError[] {
  const field = "spec.affinity.nodeAffinity";
  const before = items(old?.[REQUIRED]?.nodeSelectorTerms);
  if (before.length === 0) return [];
  const terms = items(affinity?.[REQUIRED]?.nodeSelectorTerms);
  const path = `${field}.${REQUIRED}.nodeSelectorTerms`;
  if (terms.length !== before.length) {
    return [
      invalid(
        path,
        goValue(affinity, goNodeAffinity) === null ? null : termsOf(affinity),
        "no additions/deletions to non-empty NodeSelectorTerms list are allowed",
      ),
    ];
  }
  return terms.flatMap((term, i) =>
    isNarrower(term, before[i] as Part) ? [] : [
      invalid(
        `${path}[${i}]`,
        termShown(term),
        "only additions are allowed (no mutations or deletions)",
      ),
    ]
  );
}

function termsOf(affinity: Part | undefined): unknown {
  const shown = goValue(affinity, goNodeAffinity) as Part;
  return shown.RequiredDuringSchedulingIgnoredDuringExecution?.NodeSelectorTerms ?? null;
}

function termShown(term: Part): unknown {
  const shown = goValue({ [REQUIRED]: { nodeSelectorTerms: [term] } }, goNodeAffinity) as Part;
  return shown.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms[0];
}

/** An empty term selects nothing and stays so; another may only get more requirements. */
function isNarrower(term: Part, old: Part): boolean {
  if (isEmpty(old.matchExpressions) && isEmpty(old.matchFields)) {
    return isEmpty(term.matchExpressions) && isEmpty(term.matchFields);
  }
  return ["matchExpressions", "matchFields"].every((list) => {
    const before = items(old[list]);
    const now = items(term[list]);
    return now.length >= before.length && before.every((one, i) => semanticEqual(one, now[i]));
  });
}
