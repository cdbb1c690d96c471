// Flow schemas and priority levels: how a busy server would ration itself.
// Source: pkg/apis/flowcontrol (validation, defaults and bootstrap) and
// pkg/registry/flowcontrol.

import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import { isDNS1123Label } from "../../runtime/names.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { Strategy } from "../definition.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { integer, requiredOneOf, text } from "./field_messages.ts";
import { flowSchemaSpecShape, mandatoryFlowSchemas } from "./flow_control_mandatory.ts";
import { prepareCreate, prepareUpdate } from "./generation.ts";
import { goValue } from "./go_value.ts";
import { age } from "./human_duration.ts";
import { dnsSubdomainErrors } from "./name_validation.ts";
import { items, type Part, restore, semanticEqual, strings } from "./part.ts";

const PRECEDENCE_MAX = 10_000;
const EXEMPT = "exempt";
const DISTINGUISHERS = ["ByNamespace", "ByUser"];
const VERBS = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "proxy",
  "update",
  "watch",
];

function validateFlowSchema(object: KubeObject): FieldError[] {
  const spec: Part = object.spec ?? {};
  const name = object.metadata.name ?? "";
  const errors = validateFlowSchemaSpec(name, spec);
  const mandatory = mandatoryFlowSchemas[name];
  if (mandatory !== undefined && !semanticEqual(spec, mandatory)) {
    errors.push(
      invalid(
        "spec",
        goValue(spec, flowSchemaSpecShape),
        `spec of '${name}' must equal the fixed value`,
      ),
    );
  }
  return [...errors, ...validateConditions(object)];
}

function validateFlowSchemaSpec(name: string, spec: Part): FieldError[] {
  const errors: FieldError[] = [];
  const precedence = integer(spec.matchingPrecedence);
  const field = "spec.matchingPrecedence";
  if (precedence <= 0) errors.push(invalid(field, precedence, "must be a positive value"));
  if (precedence > PRECEDENCE_MAX) {
    errors.push(invalid(field, precedence, `must not be greater than ${PRECEDENCE_MAX}`));
  }
  if (precedence === 1 && name !== EXEMPT) {
    errors.push(
      invalid(
        field,
        precedence,
        "only the schema named 'exempt' may have matchingPrecedence 1",
      ),
    );
  }
  if (spec.distinguisherMethod) {
    const type = text(spec.distinguisherMethod.type);
    if (!DISTINGUISHERS.includes(type)) {
      // Upstream prints the whole method.
      errors.push(
        notSupported("spec.distinguisherMethod.type", { Type: type }, DISTINGUISHERS),
      );
    }
  }
  const level = text(spec.priorityLevelConfiguration?.name);
  const levelField = "spec.priorityLevelConfiguration.name";
  if (level === "") errors.push(required(levelField, "must reference a priority level"));
  else errors.push(...dnsSubdomainErrors(level, levelField));
  items(spec.rules).forEach((rule, i) => errors.push(...validateRule(rule, `spec.rules[${i}]`)));
  return errors;
}

function validateRule(rule: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const subjects = items(rule.subjects);
  if (subjects.length === 0) {
    errors.push(required(`${field}.subjects`, "subjects must contain at least one value"));
  }
  subjects.forEach((subject, i) =>
    errors.push(...validateSubject(subject, `${field}.subjects[${i}]`))
  );
  const resources = items(rule.resourceRules);
  const others = items(rule.nonResourceRules);
  if (resources.length === 0 && others.length === 0) {
    errors.push(
      required(field, "at least one of resourceRules and nonResourceRules has to be non-empty"),
    );
  }
  resources.forEach((rule, i) =>
    errors.push(...validateResourceRule(rule, `${field}.resourceRules[${i}]`))
  );
  others.forEach((rule, i) =>
    errors.push(...validateOtherRule(rule, `${field}.nonResourceRules[${i}]`))
  );
  return errors;
}

// Members of a subject in the order in which the forbidden ones are reported, with their kinds.
const SUBJECT_MEMBERS: readonly (readonly [string, string])[] = [
  ["serviceAccount", "ServiceAccount"],
  ["user", "User"],
  ["group", "Group"],
];

function validateSubject(subject: Part, field: string): FieldError[] {
  const kind = text(subject.kind);
  const own = SUBJECT_MEMBERS.find(([, known]) => known === kind)?.[0];
  if (own === undefined) {
    return [notSupported(`${field}.kind`, kind, ["Group", "ServiceAccount", "User"])];
  }
  const errors: FieldError[] = [];
  const value: Part | undefined = subject[own] ?? undefined;
  if (value === undefined) {
    errors.push(required(`${field}.${own}`, `${own} is required when subject kind is '${kind}'`));
  } else errors.push(...validateSubjectValue(value, own, `${field}.${own}`));
  for (const [member, known] of SUBJECT_MEMBERS) {
    if (member !== own && subject[member]) {
      errors.push(
        forbiddenField(
          `${field}.${member}`,
          `${member} is forbidden when subject kind is not '${known}'`,
        ),
      );
    }
  }
  return errors;
}

function validateSubjectValue(value: Part, member: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const name = text(value.name);
  if (name === "") errors.push(required(`${field}.name`));
  if (member !== "serviceAccount") return errors;
  if (name !== "" && name !== "*") errors.push(...dnsSubdomainErrors(name, `${field}.name`));
  const namespace = text(value.namespace);
  if (namespace === "") {
    errors.push(required(`${field}.namespace`, "must specify namespace for service account"));
  } else {
    for (const message of isDNS1123Label(namespace)) {
      errors.push(invalid(`${field}.namespace`, namespace, message));
    }
  }
  return errors;
}

function verbErrors(verbs: string[], field: string): FieldError[] {
  if (verbs.length === 0) return [required(field, "verbs must contain at least one value")];
  if (verbs.includes("*")) {
    return verbs.length > 1
      ? [invalid(field, verbs, "if '*' is present, must not specify other verbs")]
      : [];
  }
  return verbs.every((verb) => VERBS.includes(verb)) ? [] : [notSupported(field, verbs, VERBS)];
}

function wildcardErrors(
  values: string[],
  field: string,
  empty: string,
  others: string,
): FieldError[] {
  if (values.length === 0) return [required(field, empty)];
  return values.length > 1 && values.includes("*")
    ? [invalid(field, values, `if '*' is present, must not specify other ${others}`)]
    : [];
}

function validateResourceRule(rule: Part, field: string): FieldError[] {
  const namespaces = strings(rule.namespaces);
  const path = `${field}.namespaces`;
  const errors = [
    ...verbErrors(strings(rule.verbs), `${field}.verbs`),
    ...wildcardErrors(
      strings(rule.apiGroups),
      `${field}.apiGroups`,
      "resource rules must supply at least one api group",
      "api groups",
    ),
    ...wildcardErrors(
      strings(rule.resources),
      `${field}.resources`,
      "resource rules must supply at least one resource",
      "resources",
    ),
  ];
  if (namespaces.length === 0 && rule.clusterScope !== true) {
    errors.push(
      required(
        path,
        "resource rules that are not cluster scoped must supply at least one namespace",
      ),
    );
  } else if (namespaces.includes("*")) {
    if (namespaces.length > 1) {
      errors.push(
        invalid(path, namespaces, "if '*' is present, must not specify other namespaces"),
      );
    }
  } else {
    namespaces.forEach((namespace, i) => {
      for (const message of isDNS1123Label(namespace)) {
        errors.push(
          invalid(
            `${path}[${i}]`,
            namespace,
            `each member of this list must be '*' or a DNS-1123 label; ${message}`,
          ),
        );
      }
    });
  }
  return errors;
}

function validateOtherRule(rule: Part, field: string): FieldError[] {
  const urls = strings(rule.nonResourceURLs);
  const path = `${field}.nonResourceURLs`;
  const errors = [
    ...verbErrors(strings(rule.verbs), `${field}.verbs`),
    ...wildcardErrors(
      urls,
      path,
      "nonResourceURLs must contain at least one value",
      "non-resource URLs",
    ),
  ];
  if (!urls.includes("*")) {
    urls.forEach((url, i) => {
      const problem = urlProblem(url);
      if (problem !== undefined) errors.push(invalid(`${path}[${i}]`, url, problem));
    });
  }
  return errors;
}

function urlProblem(url: string): string | undefined {
  if (url === "") return "must not be empty";
  if (url === "/") return undefined;
  if (!url.startsWith("/")) return "must start with slash";
  if (url.includes(" ")) return "must not contain white-space";
  if (url.includes("//")) return "must not contain double slash";
  const wildcards = url.split("*").length - 1;
  return wildcards > 1 || (wildcards === 1 && !url.endsWith("/*"))
    ? "wildcard can only do suffix matching"
    : undefined;
}

function validateConditions(object: KubeObject): FieldError[] {
  const seen = new Set<string>();
  return items(object.status?.conditions).flatMap((condition, i) => {
    const field = `status.conditions[${i}].type`;
    const type = text(condition.type);
    const errors = seen.has(type) ? [duplicate(field, type)] : [];
    seen.add(type);
    if (type === "") errors.push(required(field));
    return errors;
  });
}

const statusStrategy: Strategy = {
  prepareForUpdate(object, old) {
    restore(object, old, "spec");
    const { managedFields } = object.metadata;
    object.metadata = { ...old.metadata };
    if (managedFields === undefined) delete object.metadata.managedFields;
    else object.metadata.managedFields = managedFields;
  },
  validateUpdate: validateConditions,
  resetFields: { "f:metadata": {}, "f:spec": {} },
  allowUnconditionalUpdate: true,
};

function strategyOf(validate: (object: KubeObject) => FieldError[]): Strategy {
  return {
    prepareForCreate: prepareCreate,
    prepareForUpdate: prepareUpdate,
    validate,
    validateUpdate: validate,
    resetFields: { "f:status": {} },
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
  };
}

/** flowcontrol.apiserver.k8s.io flowschemas. */
export const flowSchemas: KindBehaviour = {
  setDefaults(object) {
    const spec: Part = object.spec ??= {};
    if (integer(spec.matchingPrecedence) === 0) spec.matchingPrecedence = 1000;
  },
  strategy: strategyOf(validateFlowSchema),
  subresources: { status: statusStrategy },
  cells(object, now_ms) {
    const spec: Part = object.spec ?? {};
    const dangling = items(object.status?.conditions).find(({ type }) => type === "Dangling");
    return [
      object.metadata.name ?? "",
      text(spec.priorityLevelConfiguration?.name),
      integer(spec.matchingPrecedence),
      spec.distinguisherMethod ? text(spec.distinguisherMethod.type) : "<none>",
      age(object.metadata.creationTimestamp, now_ms),
      dangling === undefined ? "?" : text(dangling.status),
    ];
  },
};

// --- PriorityLevelConfiguration

const QUEUES_MAX = 10_000_000;
const HASH_BITS_MAX = 60;

function validateLevel(object: KubeObject): FieldError[] {
  const spec: Part = object.spec ?? {};
  const name = object.metadata.name ?? "";
  return [...validateLevelSpec(name, spec), ...validateConditions(object)];
}

function validateLevelSpec(name: string, spec: Part): FieldError[] {
  const errors: FieldError[] = [];
  const type = text(spec.type);
  if ((name === EXEMPT) !== (type === "Exempt")) {
    errors.push(
      invalid("spec.type", type, "must be 'Exempt' if and only if `name` is 'exempt'"),
    );
  }
  switch (type) {
    case "Exempt":
      if (spec.limited) {
        errors.push(forbiddenField("spec.limited", "must be nil if the type is not Limited"));
      }
      if (spec.exempt) errors.push(...validateExempt(spec.exempt));
      break;
    case "Limited":
      if (spec.exempt) {
        errors.push(forbiddenField("spec.exempt", "must be nil if the type is Limited"));
      }
      if (!spec.limited) {
        errors.push(required("spec.limited", "must not be empty when type is Limited"));
      } else errors.push(...validateLimited(spec.limited));
      break;
    default:
      errors.push(...requiredOneOf("spec.type", spec.type, ["Exempt", "Limited"]));
  }
  return errors;
}

function sharesErrors(level: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const shares = level.nominalConcurrencyShares;
  if (typeof shares === "number" && shares < 0) {
    errors.push(
      invalid(`${field}.nominalConcurrencyShares`, shares, "must be a non-negative integer"),
    );
  }
  return errors;
}

function lendableErrors(level: Part, field: string): FieldError[] {
  const percent = level.lendablePercent;
  return typeof percent === "number" && (percent < 0 || percent > 100)
    ? [invalid(`${field}.lendablePercent`, percent, "must be between 0 and 100, inclusive")]
    : [];
}

function validateExempt(exempt: Part): FieldError[] {
  return [...sharesErrors(exempt, "spec.exempt"), ...lendableErrors(exempt, "spec.exempt")];
}

function validateLimited(limited: Part): FieldError[] {
  const errors = sharesErrors(limited, "spec.limited");
  errors.push(...validateResponse(limited.limitResponse ?? {}));
  errors.push(...lendableErrors(limited, "spec.limited"));
  const borrowing = limited.borrowingLimitPercent;
  if (typeof borrowing === "number" && borrowing < 0) {
    errors.push(
      invalid(
        "spec.limited.borrowingLimitPercent",
        borrowing,
        "if specified, must be a non-negative integer",
      ),
    );
  }
  return errors;
}

function validateResponse(response: Part): FieldError[] {
  const field = "spec.limited.limitResponse";
  switch (response.type) {
    case "Reject":
      return response.queuing
        ? [
          forbiddenField(
            `${field}.queuing`,
            "must be nil if limited.limitResponse.type is not Limited",
          ),
        ]
        : [];
    case "Queue":
      return response.queuing ? validateQueuing(response.queuing, `${field}.queuing`) : [
        required(
          `${field}.queuing`,
          "must not be empty if limited.limitResponse.type is Limited",
        ),
      ];
    default:
      return requiredOneOf(`${field}.type`, response.type, ["Queue", "Reject"]);
  }
}

function validateQueuing(queuing: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const length = integer(queuing.queueLengthLimit);
  const queues = integer(queuing.queues);
  const hand = integer(queuing.handSize);
  if (length <= 0) errors.push(invalid(`${field}.queueLengthLimit`, length, "must be positive"));
  if (queues <= 0) errors.push(invalid(`${field}.queues`, queues, "must be positive"));
  else if (queues > QUEUES_MAX) {
    errors.push(invalid(`${field}.queues`, queues, `must not be greater than ${QUEUES_MAX}`));
  }
  if (hand <= 0) errors.push(invalid(`${field}.handSize`, hand, "must be positive"));
  else if (hand > queues) {
    errors.push(
      invalid(`${field}.handSize`, hand, `should not be greater than queues (${queues})`),
    );
  } else if (Math.ceil(Math.log2(queues) * hand) > HASH_BITS_MAX) {
    errors.push(
      invalid(
        `${field}.handSize`,
        hand,
        `required entropy bits of deckSize ${queues} and handSize ${hand} should not be greater than ${HASH_BITS_MAX}`,
      ),
    );
  }
  return errors;
}

function setLevelDefaults(object: KubeObject): void {
  const spec: Part = object.spec ??= {};
  if (spec.exempt) {
    spec.exempt.nominalConcurrencyShares ??= 0;
    spec.exempt.lendablePercent ??= 0;
  }
  if (!spec.limited) return;
  spec.limited.nominalConcurrencyShares ??= 30;
  spec.limited.lendablePercent ??= 0;
  const queuing: Part | undefined = spec.limited.limitResponse?.queuing;
  if (!queuing) return;
  if (integer(queuing.queues) === 0) queuing.queues = 64;
  if (integer(queuing.handSize) === 0) queuing.handSize = 8;
  if (integer(queuing.queueLengthLimit) === 0) queuing.queueLengthLimit = 50;
}

/** flowcontrol.apiserver.k8s.io prioritylevelconfigurations. */
export const priorityLevelConfigurations: KindBehaviour = {
  setDefaults: setLevelDefaults,
  strategy: strategyOf(validateLevel),
  subresources: { status: statusStrategy },
  cells(object, now_ms) {
    const limited: Part | undefined = object.spec?.limited;
    const queuing: Part | undefined = limited?.limitResponse?.queuing;
    return [
      object.metadata.name ?? "",
      text(object.spec?.type),
      limited ? integer(limited.nominalConcurrencyShares) : "<none>",
      queuing ? integer(queuing.queues) : "<none>",
      queuing ? integer(queuing.handSize) : "<none>",
      queuing ? integer(queuing.queueLengthLimit) : "<none>",
      age(object.metadata.creationTimestamp, now_ms),
    ];
  },
};
