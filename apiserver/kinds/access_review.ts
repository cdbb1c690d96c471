// Reviews of what somebody may: answered as they are created. Source:
// pkg/registry/authorization and pkg/apis/authorization/validation.

import { type FieldError, invalid, invalidObject, required } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { UserInfo } from "../../runtime/user.ts";
import type { AuthorizationAttributes } from "../auth/types.ts";
import type { VirtualContext } from "../definition.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { text } from "./field_messages.ts";
import { goString, goStruct, goValue } from "./go_value.ts";
import { isEmpty, items, type Part, strings } from "./part.ts";

// Their errors are told without a kind.
const GROUP_KIND = { group: "authorization.k8s.io", kind: "" };
const SPEC = "spec";
const RESOURCE = `${SPEC}.resourceAttributes`;
const NON_RESOURCE = `${SPEC}.nonResourceAttributes`;
const nonResourceShape = goStruct(["Path", goString], ["Verb", goString]);

/** SubjectAccessReview: may that user? */
export const subjectAccessReviews: KindBehaviour = {
  virtual: {
    create(object, context) {
      const errors = [
        ...validateAttributes(object["spec"] ?? {}),
        ...validateSubject(object["spec"] ?? {}),
        ...validateEmptyMetadata(object),
      ];
      return answer(object, errors, subjectOf(object["spec"] ?? {}), context);
    },
  },
};

/** SelfSubjectAccessReview: may I? */
export const selfSubjectAccessReviews: KindBehaviour = {
  virtual: {
    create(object, context) {
      const errors = [
        ...validateAttributes(object["spec"] ?? {}),
        ...validateEmptyMetadata(object),
      ];
      return answer(object, errors, context.user, context);
    },
  },
};

/** LocalSubjectAccessReview: may that user in this namespace? */
export const localSubjectAccessReviews: KindBehaviour = {
  virtual: {
    create(object, context) {
      const spec: Part = object["spec"] ?? {};
      const errors = [...validateAttributes(spec), ...validateSubject(spec)];
      const { namespace, ...rest } = object.metadata;
      if (!isEmpty(withoutManagedFields(rest))) {
        errors.push(invalid("metadata", object.metadata, "must be empty except for namespace"));
      }
      const resource: Part | undefined = spec["resourceAttributes"];
      if (resource !== undefined && text(resource.namespace) !== text(namespace)) {
        errors.push(
          invalid(
            `${RESOURCE}.namespace`,
            text(resource.namespace),
            "must match metadata.namespace",
          ),
        );
      }
      if (spec["nonResourceAttributes"] !== undefined) {
        errors.push(
          invalid(
            NON_RESOURCE,
            goValue(spec["nonResourceAttributes"], nonResourceShape),
            "disallowed on this kind of request",
          ),
        );
      }
      return answer(object, errors, subjectOf(spec), context);
    },
  },
};

function validateAttributes(spec: Part): FieldError[] {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  if (resource !== undefined && path !== undefined) {
    return [
      invalid(
        NON_RESOURCE,
        goValue(path, nonResourceShape),
        "cannot be specified in combination with resourceAttributes",
      ),
      ...validateSelectors(resource),
    ];
  }
  if (resource === undefined && path === undefined) {
    return [
      invalid(
        RESOURCE,
        null,
        "exactly one of nonResourceAttributes or resourceAttributes must be specified",
      ),
    ];
  }
  return resource === undefined ? [] : validateSelectors(resource);
}

function validateSelectors(resource: Part): FieldError[] {
  return ["fieldSelector", "labelSelector"].flatMap((member) => {
    const selector: Part | undefined = resource[member];
    return selector === undefined ? [] : validateSelector(selector, `${RESOURCE}.${member}`);
  });
}

function validateSelector(selector: Part, field: string): FieldError[] {
  const raw = text(selector.rawSelector);
  const requirements = items(selector.requirements);
  if (raw !== "") {
    return requirements.length === 0 ? [] : [
      invalid(`${field}.rawSelector`, raw, "may not specified at the same time as requirements"),
    ];
  }
  if (requirements.length === 0) {
    return [
      required(
        `${field}.requirements`,
        `when ${field} is specified, requirements or rawSelector is required`,
      ),
    ];
  }
  return requirements.flatMap((requirement, i) =>
    validateRequirement(requirement, `${field}.requirements[${i}]`)
  );
}

function validateRequirement({ key, operator, values }: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (text(key) === "") errors.push(required(`${field}.key`, "must be specified"));
  const path = `${field}.values`;
  if (operator === "In" || operator === "NotIn") {
    if (strings(values).length === 0) {
      errors.push(required(path, "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (operator === "Exists" || operator === "DoesNotExist") {
    if (strings(values).length > 0) {
      errors.push(
        invalid(
          path,
          strings(values),
          "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        ),
      );
    }
  } else errors.push(invalid(`${field}.operator`, text(operator), "not a valid selector operator"));
  return errors;
}

function validateSubject({ user, groups }: Part): FieldError[] {
  return text(user) === "" && strings(groups).length === 0
    ? [invalid(`${SPEC}.user`, "", "at least one of user or group must be specified")]
    : [];
}

function validateEmptyMetadata({ metadata }: KubeObject): FieldError[] {
  return isEmpty(withoutManagedFields(metadata))
    ? []
    : [invalid("metadata", metadata, "must be empty")];
}

function withoutManagedFields(metadata: Part): Part {
  const { managedFields: _, ...rest } = metadata;
  return rest;
}

function subjectOf(spec: Part): UserInfo {
  return {
    name: text(spec.user),
    groups: strings(spec.groups),
    ...(text(spec.uid) === "" ? {} : { uid: spec.uid }),
    ...(isEmpty(spec.extra) ? {} : { extra: spec.extra }),
  };
}

async function answer(
  object: KubeObject,
  errors: FieldError[],
  user: UserInfo,
  { authorizer }: VirtualContext,
): Promise<KubeObject> {
  if (errors.length > 0) throw invalidObject(GROUP_KIND, "", errors);
  const wanted = attributesOf(object["spec"] as Part, user);
  const decision = await authorizer?.authorize(wanted) ?? { allowed: true, reason: "" };
  object["status"] = {
    allowed: decision.allowed,
    ...(decision.denied ? { denied: true } : {}),
    ...(decision.reason === "" ? {} : { reason: decision.reason }),
  };
  return object;
}

function attributesOf(spec: Part, user: UserInfo): AuthorizationAttributes {
  const resource: Part | undefined = spec["resourceAttributes"];
  const path: Part = spec["nonResourceAttributes"] ?? {};
  return {
    user,
    verb: text((resource ?? path).verb),
    resourceRequest: resource !== undefined,
    group: text(resource?.group),
    version: text(resource?.version),
    resource: text(resource?.resource),
    subresource: text(resource?.subresource),
    namespace: text(resource?.namespace),
    name: text(resource?.name),
    path: text(path.path),
  };
}
