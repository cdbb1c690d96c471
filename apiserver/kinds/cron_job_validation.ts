// Checks of CronJobs. Source: ValidateCronJobSpec of
// pkg/apis/batch/validation.

import { type FieldError, invalid, notSupported, required } from "../../runtime/field/error.ts";
import { byteLength } from "../../runtime/names.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { isTimeZone, scheduleError } from "./cron_schedule.ts";
import { nonNegative, text } from "./field_messages.ts";
import { validateJobSpec } from "./job_validation.ts";
import { invalidSelector } from "./label_selector.ts";
import type { Part } from "./part.ts";

/** Jobs are named after it, with eleven more characters. */
const NAME_BYTES_MAX = 52;
const POLICIES = ["Allow", "Forbid", "Replace"];
const ZONE_PART = /^[A-Za-z0-9._+-]{1,14}$/;

function validateSchedule(spec: Part, allowZone: boolean): FieldError[] {
  const schedule = text(spec.schedule);
  if (schedule === "") return [required("spec.schedule")];
  const errors: FieldError[] = [];
  const problem = scheduleError(schedule);
  if (problem !== undefined) errors.push(invalid("spec.schedule", schedule, problem));
  if (!schedule.includes("TZ")) return errors;
  if (!allowZone) {
    errors.push(
      invalid(
        "spec.schedule",
        schedule,
        "cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
      ),
    );
  } else if (spec.timeZone !== undefined) {
    errors.push(
      invalid(
        "spec.schedule",
        schedule,
        "cannot use both timeZone field and TZ or CRON_TZ in schedule",
      ),
    );
  }
  return errors;
}

function validateTimeZone(zone: string | undefined): FieldError[] {
  if (zone === undefined) return [];
  const bad = (message: string) => [invalid("spec.timeZone", zone, message)];
  if (zone === "") return bad("timeZone must be nil or non-empty string");
  for (const part of zone.split("/")) {
    if (part === "." || part === ".." || part.startsWith("-") || !ZONE_PART.test(part)) {
      return bad(`unknown time zone ${zone}`);
    }
  }
  if (zone.toLowerCase() === "local") {
    return bad(
      "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
    );
  }
  return isTimeZone(zone) ? [] : bad(`unknown time zone ${zone}`);
}

function validateSpec(spec: Part, allowZone: boolean): FieldError[] {
  const errors = validateSchedule(spec, allowZone);
  errors.push(...nonNegative("spec.startingDeadlineSeconds", spec.startingDeadlineSeconds));
  errors.push(...validateTimeZone(spec.timeZone));
  const policy = text(spec.concurrencyPolicy);
  if (policy === "") errors.push(required("spec.concurrencyPolicy"));
  else if (!POLICIES.includes(policy)) {
    errors.push(notSupported("spec.concurrencyPolicy", policy, POLICIES));
  }
  errors.push(...validateTemplate(spec.jobTemplate ?? {}));
  errors.push(
    ...nonNegative("spec.successfulJobsHistoryLimit", spec.successfulJobsHistoryLimit),
    ...nonNegative("spec.failedJobsHistoryLimit", spec.failedJobsHistoryLimit),
  );
  return errors;
}

function validateTemplate({ spec = {} }: Part): FieldError[] {
  const field = "spec.jobTemplate.spec";
  const errors = validateJobSpec(spec, field);
  if (spec.selector !== undefined) {
    errors.push(
      invalidSelector(spec.selector, "`selector` will be auto-generated", `${field}.selector`),
    );
  }
  if (spec.manualSelector === true) {
    errors.push(notSupported(`${field}.manualSelector`, true, ["nil", "false"]));
  }
  return errors;
}

/** Errors of a new CronJob. */
export function validateCronJob(object: KubeObject): FieldError[] {
  const name = text(object.metadata.name);
  const errors = validateSpec(object.spec ?? {}, false);
  if (byteLength(name) > NAME_BYTES_MAX) {
    errors.push(
      invalid("metadata.name", name, `must be no more than ${NAME_BYTES_MAX} characters`),
    );
  }
  return errors;
}

/** Errors of a changed CronJob. */
export function validateCronJobUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  return validateSpec(object.spec ?? {}, text(old.spec?.schedule).includes("TZ"));
}
