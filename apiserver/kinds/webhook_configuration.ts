// Admission webhook configurations: whom to ask about which writes. Asking
// is admission's business. Source: pkg/apis/admissionregistration/validation
// and k8s.io/apiserver/pkg/util/webhook.

import { duplicate, type FieldError, invalid, required } from "../../runtime/field/error.ts";
import { isDNS1035Label, isDNS1123Subdomain } from "../../runtime/names.ts";
import type { KubeObject } from "../../runtime/object.ts";
import {
  FAILURE_POLICIES,
  MATCH_POLICIES,
  REINVOCATION_POLICIES,
  setRuleDefaults,
  validateMatchConditions,
  validateRule,
} from "./admission_rule.ts";
import type { KindBehaviour } from "./behaviour.ts";
import type { ExpressionCheck } from "./expression_check.ts";
import { integer, oneOf, text } from "./field_messages.ts";
import { fullyQualifiedName } from "./fully_qualified_name.ts";
import { givesEmpties } from "../../runtime/schema/empties.ts";
import { nextGeneration } from "./generation.ts";
import { age } from "./human_duration.ts";
import { validateLabelSelector } from "./label_selector.ts";
import { invalids } from "./name_validation.ts";
import { items, type Part, semanticEqual, strings } from "./part.ts";
import { webhookURLErrors } from "./webhook_url.ts";

const REVIEW_VERSIONS = ["v1", "v1beta1"];
const SIDE_EFFECTS = ["None", "NoneOnDryRun"];
const OLD_SIDE_EFFECTS = ["None", "NoneOnDryRun", "Some", "Unknown"];

/** What an old configuration had wrong already, and so may keep. */
interface Options {
  readonly sideEffects: readonly string[];
  readonly recognizedVersions: boolean;
  readonly uniqueNames: boolean;
  readonly allowInvalidValues: boolean;
  readonly matchConditions: boolean;
}

const STRICT: Options = {
  sideEffects: SIDE_EFFECTS,
  recognizedVersions: true,
  uniqueNames: true,
  allowInvalidValues: false,
  matchConditions: true,
};

function optionsFor(hooks: Part[], old: Part[]): Options {
  const names = old.map(({ name }) => name);
  return {
    sideEffects: old.every(({ sideEffects }) => SIDE_EFFECTS.includes(sideEffects))
      ? SIDE_EFFECTS
      : OLD_SIDE_EFFECTS,
    recognizedVersions: old.every(({ admissionReviewVersions }) => {
      const versions = strings(admissionReviewVersions);
      return versions.length === 0 || versions.some((v) => REVIEW_VERSIONS.includes(v));
    }),
    uniqueNames: new Set(names).size === names.length,
    allowInvalidValues: old.some((hook) =>
      [hook.namespaceSelector, hook.objectSelector].some((selector) =>
        validateLabelSelector(selector, "").length > 0
      )
    ),
    matchConditions: hooks.length !== old.length ||
      hooks.some((hook, i) => !semanticEqual(hook.matchConditions, old[i]?.matchConditions)),
  };
}

function validateHooks(
  hooks: Part[],
  options: Options,
  check: ExpressionCheck,
  mutating: boolean,
): FieldError[] {
  const names = new Set<string>();
  return hooks.flatMap((hook, i) => {
    const field = `webhooks[${i}]`;
    const errors = [
      ...validateHook(hook, field, options, check, mutating),
      ...validateVersions(
        strings(hook.admissionReviewVersions),
        options.recognizedVersions,
        `${field}.admissionReviewVersions`,
      ),
    ];
    const name = text(hook.name);
    if (options.uniqueNames && name !== "") {
      if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
      names.add(name);
    }
    return errors;
  });
}

function validateHook(
  hook: Part,
  field: string,
  options: Options,
  check: ExpressionCheck,
  mutating: boolean,
): FieldError[] {
  const errors = fullyQualifiedName(text(hook.name), `${field}.name`);
  items(hook.rules).forEach((rule, i) =>
    errors.push(...validateRule(rule, `${field}.rules[${i}]`))
  );
  const choose = (member: string, known: readonly string[]) => {
    if (hook[member] !== undefined && hook[member] !== null) {
      errors.push(...oneOf(`${field}.${member}`, hook[member], known));
    }
  };
  choose("failurePolicy", FAILURE_POLICIES);
  choose("matchPolicy", MATCH_POLICIES);
  if (hook.sideEffects === undefined || hook.sideEffects === null) {
    errors.push(
      required(`${field}.sideEffects`, `must specify one of ${options.sideEffects.join(", ")}`),
    );
  }
  choose("sideEffects", options.sideEffects);
  const timeout = hook.timeoutSeconds;
  if (typeof timeout === "number" && (timeout > 30 || timeout < 1)) {
    errors.push(
      invalid(
        `${field}.timeoutSeconds`,
        timeout,
        "the timeout value must be between 1 and 30 seconds",
      ),
    );
  }
  for (const member of ["namespaceSelector", "objectSelector"]) {
    errors.push(...validateLabelSelector(hook[member], `${field}.${member}`, options));
  }
  if (mutating) choose("reinvocationPolicy", REINVOCATION_POLICIES);
  errors.push(...validateClient(hook.clientConfig ?? {}, `${field}.clientConfig`));
  if (options.matchConditions) {
    errors.push(
      ...validateMatchConditions(
        items(hook.matchConditions),
        check,
        { hasParams: false },
        `${field}.matchConditions`,
      ),
    );
  }
  return errors;
}

function validateClient(client: Part, field: string): FieldError[] {
  const hasURL = typeof client.url === "string";
  const hasService = client.service !== undefined && client.service !== null;
  if (hasURL === hasService) {
    return [required(field, "exactly one of url or service is required")];
  }
  return hasURL
    ? webhookURLErrors(client.url, `${field}.url`)
    : validateService(client.service, `${field}.service`);
}

function validateService(service: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  // Upstream hands over name and namespace the wrong way round.
  if (text(service.namespace) === "") errors.push(required(`${field}.name`));
  if (text(service.name) === "") errors.push(required(`${field}.namespace`));
  const port = integer(service.port);
  if (port < 1 || port > 65535) {
    errors.push(
      invalid(
        `${field}.port`,
        port,
        "port is not valid: must be between 1 and 65535, inclusive",
      ),
    );
  }
  const path = service.path;
  if (typeof path !== "string") return errors;
  const at = `${field}.path`;
  // A path that means nothing on its own is let through.
  if (path === "/" || path === "") return errors;
  if (path === "//") return [...errors, invalid(at, path, "segment[0] may not be empty")];
  if (!path.startsWith("/")) {
    errors.push(invalid(at, path, "must start with a '/'"));
  }
  return [...errors, ...segmentErrors(path, at)];
}

function segmentErrors(path: string, field: string): FieldError[] {
  // Upstream drops the first character whatever it is.
  const trimmed = path.slice(1);
  const whole = trimmed.endsWith("/") ? trimmed.slice(0, -1) : trimmed;
  return whole.split("/").flatMap((segment, i) =>
    segment === ""
      ? [invalid(field, path, `segment[${i}] may not be empty`)]
      : isDNS1123Subdomain(segment).map((message) =>
        invalid(field, path, `segment[${i}]: ${message}`)
      )
  );
}

function validateVersions(versions: string[], recognized: boolean, field: string): FieldError[] {
  const known = REVIEW_VERSIONS.join(", ");
  if (versions.length === 0) return [required(field, `must specify one of ${known}`)];
  const errors: FieldError[] = [];
  versions.forEach((version, i) => {
    if (versions.indexOf(version) < i) {
      errors.push(invalid(`${field}[${i}]`, version, "duplicate version"));
    } else errors.push(...invalids(version, `${field}[${i}]`, isDNS1035Label(version)));
  });
  if (recognized && !versions.some((version) => REVIEW_VERSIONS.includes(version))) {
    errors.push(invalid(field, versions, `must include at least one of ${known}`));
  }
  return errors;
}

function setDefaults(object: KubeObject, mutating: boolean): void {
  for (const hook of items(object.webhooks)) {
    hook.failurePolicy ??= "Fail";
    hook.matchPolicy ??= "Equivalent";
    hook.namespaceSelector ??= {};
    hook.objectSelector ??= {};
    hook.timeoutSeconds ??= 10;
    if (mutating) hook.reinvocationPolicy ??= "Never";
    items(hook.rules).forEach(setRuleDefaults);
    const service: Part | undefined = hook.clientConfig?.service;
    if (service) service.port ??= 443;
  }
}

/** A webhook configuration kind whose expressions `check` compiles. */
export function webhookConfigurations(mutating: boolean, check: ExpressionCheck): KindBehaviour {
  return {
    setDefaults: (object) => setDefaults(object, mutating),
    strategy: {
      prepareForCreate(object) {
        object.metadata.generation = 1;
      },
      prepareForUpdate: (object, old) =>
        nextGeneration(
          object,
          old,
          // Upstream tells empty lists and maps from absent ones here.
          !semanticEqual(object.webhooks, old.webhooks) || givesEmpties(object, "webhooks"),
        ),
      validate: (object) => validateHooks(items(object.webhooks), STRICT, check, mutating),
      validateUpdate(object, old) {
        const hooks = items(object.webhooks);
        return validateHooks(hooks, optionsFor(hooks, items(old.webhooks)), check, mutating);
      },
      allowCreateOnUpdate: false,
      allowUnconditionalUpdate: false,
    },
    cells: (object, now_ms) => [
      object.metadata.name ?? "",
      items(object.webhooks).length,
      age(object.metadata.creationTimestamp, now_ms),
    ],
  };
}
