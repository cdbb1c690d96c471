// Checks of a Job's status. Jobs may be run by anybody's controllers, so what
// they tell has to make sense; it is looked at where it changes, since the
// rest may be behind a spec that has just changed. Source:
// ValidateJobStatusUpdate of pkg/apis/batch/validation and
// getStatusValidationOptions of pkg/registry/batch/job.

import { duplicate, type FieldError, invalid, required } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { FIELD_IMMUTABLE, integer, nonNegative, text } from "./field_messages.ts";
import { goNullable, goStruct, goValue } from "./go_value.ts";
import { countIndexes, indexIntervals } from "./job_policy_validation.ts";
import { items, type Part, semanticEqual, strings } from "./part.ts";

const COUNTS = ["active", "succeeded", "failed", "ready", "terminating"];
const TERMINAL = ["Failed", "Complete", "FailureTarget"];
const goUncounted = goStruct(["Succeeded", goNullable], ["Failed", goNullable]);

/** A status, before or after, with its spec. */
class State {
  constructor(readonly spec: Part, readonly status: Part) {}

  is(type: string, status = "True"): boolean {
    return items(this.status.conditions).some((c) => c.type === type && c.status === status);
  }

  get finished(): boolean {
    return this.is("Complete") || this.is("Failed");
  }
}

/** Errors of a changed status: what has ended stays so. */
export function validateJobStatusUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const now = new State(object.spec ?? {}, object.status ?? {});
  const before = new State(old.spec ?? {}, old.status ?? {});
  return [
    ...COUNTS.flatMap((name) => nonNegative(`status.${name}`, now.status[name])),
    ...validateUncounted(now.status.uncountedTerminatedPods),
    ...validateEnd(now, before),
    ...validateIndexes(now, before),
    ...validatePods(now, before),
    ...validateSuccess(now),
    ...validateTransition(now, before),
  ];
}

/** An error of the conditions, which upstream does not print. */
function wrongConditions(detail: string): FieldError {
  return {
    type: "FieldValueInvalid",
    field: "status.conditions",
    message: `Invalid value: ${detail}`,
  };
}

function validateUncounted(uncounted: Part | undefined): FieldError[] {
  const seen = new Set<string>();
  return ["succeeded", "failed"].flatMap((list) =>
    strings(uncounted?.[list]).flatMap((uid, i) => {
      const field = `status.uncountedTerminatedPods.${list}[${i}]`;
      if (uid === "") return [invalid(field, uid, "must not be empty")];
      if (seen.has(uid)) return [duplicate(field, uid)];
      seen.add(uid);
      return [];
    })
  );
}

/** What goes with having ended. */
function validateEnd(now: State, before: State): FieldError[] {
  const { status, spec } = now;
  const errors: FieldError[] = [];
  const changed = (name: string) => !semanticEqual(status[name], before.status[name]);
  const turned = (type: string) => now.is(type) !== before.is(type);
  const ended = now.finished !== before.finished;
  const complete = now.is("Complete");
  const { completionTime, startTime } = status;
  const field = "status.completionTime";
  if ((turned("Complete") || turned("Failed")) && complete && now.is("Failed")) {
    errors.push(wrongConditions("cannot set Complete=True and Failed=true conditions"));
  }
  if ((turned("Complete") || turned("FailureTarget")) && complete && now.is("FailureTarget")) {
    errors.push(wrongConditions("cannot set Complete=True and FailureTarget=true conditions"));
  }
  if (turned("Complete") || changed("completionTime")) {
    if (completionTime && !complete) {
      errors.push(
        invalid(
          field,
          completionTime,
          "cannot set completionTime when there is no Complete=True condition",
        ),
      );
    }
    if (!completionTime && complete) {
      errors.push(required(field, "completionTime is required for Complete jobs"));
    }
  }
  if ((changed("startTime") || changed("completionTime")) && startTime && completionTime) {
    if (Date.parse(completionTime) < Date.parse(startTime)) {
      errors.push(invalid(field, completionTime, "must be equal to or after `startTime`"));
    }
  }
  if ((turned("Failed") || changed("failedIndexes")) && now.is("Failed")) {
    if (!now.is("FailureTarget")) {
      errors.push(
        wrongConditions(
          "cannot set Failed=True condition without the FailureTarget=true condition",
        ),
      );
    }
  }
  if ((turned("Complete") || turned("SuccessCriteriaMet")) && complete) {
    if (!now.is("SuccessCriteriaMet")) {
      errors.push(
        wrongConditions(
          "cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
        ),
      );
    }
  }
  if (!now.finished) return errors;
  if ((ended || changed("active")) && integer(status.active) > 0) {
    errors.push(invalid("status.active", status.active, "active>0 is invalid for finished job"));
  }
  const empty = spec.suspend === true && spec.completions === 0;
  if ((ended || changed("startTime")) && !empty && !startTime) {
    errors.push(required("status.startTime", "startTime is required for finished job"));
  }
  const uncounted: Part | undefined = status.uncountedTerminatedPods;
  if (ended || changed("uncountedTerminatedPods")) {
    if (strings(uncounted?.failed).length + strings(uncounted?.succeeded).length > 0) {
      errors.push(
        invalid(
          "status.uncountedTerminatedPods",
          goValue(uncounted, goUncounted),
          "must be empty for finished job",
        ),
      );
    }
  }
  return errors;
}

function validateIndexes(now: State, before: State): FieldError[] {
  const { spec, status } = now;
  const errors: FieldError[] = [];
  const completed = text(status.completedIndexes);
  const failed: string | undefined = status.failedIndexes;
  const completedChanged = completed !== text(before.status.completedIndexes);
  const failedChanged = failed !== before.status.failedIndexes;
  const completions: number | undefined = spec.completions;
  const bad = (name: string, value: string, detail: string) =>
    errors.push(invalid(`status.${name}`, value, detail));
  const parse = (name: string, value: string) => {
    const counted = countIndexes(value, completions!);
    if (typeof counted === "string") bad(name, value, `error parsing ${name}: ${counted}`);
  };
  const perIndex = spec.backoffLimitPerIndex !== undefined;
  if (completions !== undefined) {
    if (completedChanged) parse("completedIndexes", completed);
    if (failedChanged && perIndex && failed !== undefined) parse("failedIndexes", failed);
  }
  if (completedChanged && completed !== "" && spec.completionMode !== "Indexed") {
    bad(
      "completedIndexes",
      completed,
      "cannot set non-empty completedIndexes when non-indexed completion mode",
    );
  }
  if (failed === undefined) return errors;
  if (failedChanged && !perIndex) {
    bad(
      "failedIndexes",
      failed,
      "cannot set non-null failedIndexes when backoffLimitPerIndex is null",
    );
  }
  if ((failedChanged || completedChanged) && completions !== undefined) {
    const both = overlap(completed, failed, completions);
    if (both !== undefined) {
      bad("failedIndexes", failed, `failedIndexes and completedIndexes overlap at index: ${both}`);
    }
  }
  return errors;
}

/** The first index that both have. */
function overlap(completed: string, failed: string, completions: number): number | undefined {
  if (completed === "" || failed === "") return undefined;
  for (const [first, last] of indexIntervals(completed, completions)) {
    for (const [low, high] of indexIntervals(failed, completions)) {
      if (first <= high && low <= last) return Math.max(first, low);
    }
  }
  return undefined;
}

function validatePods(now: State, before: State): FieldError[] {
  const { active, ready, terminating } = now.status;
  const errors: FieldError[] = [];
  const moved = now.finished !== before.finished || terminating !== before.status.terminating;
  if (moved && now.finished && integer(terminating) > 0) {
    errors.push(
      invalid("status.terminating", terminating, "terminating>0 is invalid for finished job"),
    );
  }
  const changed = ready !== before.status.ready ||
    integer(active) !== integer(before.status.active);
  if (changed && ready !== undefined && ready > integer(active)) {
    errors.push(invalid("status.ready", ready, "cannot set more ready pods than active"));
  }
  return errors;
}

function validateSuccess(now: State): FieldError[] {
  const errors: FieldError[] = [];
  const met = now.is("SuccessCriteriaMet");
  if (met && now.is("Failed")) {
    errors.push(wrongConditions("cannot set SuccessCriteriaMet=True and Failed=true conditions"));
  }
  if (met && now.is("FailureTarget")) {
    errors.push(
      wrongConditions("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions"),
    );
  }
  if (now.spec.successPolicy && !met && now.is("Complete")) {
    errors.push(
      wrongConditions(
        "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True",
      ),
    );
  }
  return errors;
}

/** What never turns back. */
function validateTransition(now: State, before: State): FieldError[] {
  const errors = TERMINAL.filter((type) => before.is(type) && !now.is(type)).map((type) =>
    wrongConditions(`cannot disable the terminal ${type}=True condition`)
  );
  const { spec, status } = now;
  const decreased = (name: string) => {
    if (integer(status[name]) < integer(before.status[name])) {
      errors.push(
        invalid(`status.${name}`, integer(status[name]), `cannot decrease the ${name} counter`),
      );
    }
  };
  decreased("failed");
  // An indexed job with as many pods at once as completions can be made smaller.
  const elastic = spec.completionMode === "Indexed" && spec.completions === spec.parallelism;
  if (!elastic) decreased("succeeded");
  const ended = before.status.completionTime;
  if (status.completionTime && ended && status.completionTime !== ended) {
    errors.push(invalid("status.completionTime", status.completionTime, FIELD_IMMUTABLE));
  }
  const started = before.status.startTime;
  const resuming = before.is("Suspended") && now.is("Suspended", "False");
  if (started && status.startTime !== started && !resuming && spec.suspend !== true) {
    errors.push(
      invalid(
        "status.startTime",
        status.startTime ?? null,
        "field is immutable for unsuspended job once set",
      ),
    );
  }
  const met = now.is("SuccessCriteriaMet");
  const wasMet = before.is("SuccessCriteriaMet");
  if (wasMet && !met) {
    errors.push(wrongConditions("cannot disable the SuccessCriteriaMet=True condition"));
  }
  if (before.is("Complete") && !wasMet && met) {
    errors.push(
      wrongConditions(
        "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions",
      ),
    );
  }
  return errors;
}
