// Questions to the authorizer: authorizer.group('').resource('pods').check('get').
// Source: Kubernetes' authz library. Who answers comes with each evaluation.

import { declare } from "../declarations.ts";
import type { Library } from "../environment.ts";
import { structType, type Type } from "../types.ts";
import { fail, Opaque, type Value } from "../values.ts";

const PREFIX = "kubernetes.authorization";

/** What is asked of an authorizer. */
export interface AuthorizationQuestion {
  readonly verb: string;
  /** Of a path that is no resource. */
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** Asked for a service account, not for who sent the request. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
}

/** What an authorizer answers. */
export interface AuthorizationAnswer {
  readonly allowed: boolean;
  readonly reason: string;
  readonly error?: string;
}

/** Answers questions. */
export type Authorize = (question: AuthorizationQuestion) => AuthorizationAnswer;

/** `kubernetes.authorization.Authorizer`. */
export const AUTHORIZER_TYPE: Type = structType(`${PREFIX}.Authorizer`);
/** `kubernetes.authorization.ResourceCheck`. */
export const RESOURCE_CHECK_TYPE: Type = structType(`${PREFIX}.ResourceCheck`);
const PATH_CHECK = structType(`${PREFIX}.PathCheck`);
const GROUP_CHECK = structType(`${PREFIX}.GroupCheck`);
const DECISION = structType(`${PREFIX}.Decision`);

type Parts = Omit<AuthorizationQuestion, "verb">;

/** An authorizer, or a question to one that is being put together. */
export class Check extends Opaque {
  constructor(readonly celType: Type, readonly authorize: Authorize, readonly parts: Parts = {}) {
    super();
  }

  /** This with more known of the question. */
  with(celType: Type, parts: Parts): Check {
    return new Check(celType, this.authorize, { ...this.parts, ...parts });
  }

  /** The answer. */
  ask(verb: string): Decision {
    return new Decision(this.authorize({ verb, ...this.parts }));
  }
}

class Decision extends Opaque {
  constructor(readonly answer: AuthorizationAnswer) {
    super();
  }
  get celType(): Type {
    return DECISION;
  }
}

const check = (value: Value | undefined): Check => value as Check;
const answer = (value: Value | undefined): AuthorizationAnswer => (value as Decision).answer;
const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const NAME = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

const part = (name: "subresource" | "namespace" | "name" | "fieldSelector" | "labelSelector") =>
  declare(
    name,
    [[
      `resourcecheck_${name.toLowerCase()}`,
      `${PREFIX}.ResourceCheck.(string) -> ${PREFIX}.ResourceCheck`,
    ]],
    (target, text) => check(target).with(RESOURCE_CHECK_TYPE, { [name]: text as string }),
  );

/** Kubernetes' authz libraries. */
export const AUTHORIZER: Library = {
  types: [AUTHORIZER_TYPE, PATH_CHECK, GROUP_CHECK, RESOURCE_CHECK_TYPE, DECISION],
  functions: [
    declare(
      "path",
      [["authorizer_path", `${PREFIX}.Authorizer.(string) -> ${PREFIX}.PathCheck`]],
      (target, path) =>
        path === ""
          ? fail("path must not be empty")
          : check(target).with(PATH_CHECK, { path: path as string }),
    ),
    declare("group", [[
      "authorizer_group",
      `${PREFIX}.Authorizer.(string) -> ${PREFIX}.GroupCheck`,
    ]], (target, group) => check(target).with(GROUP_CHECK, { group: group as string })),
    declare("serviceAccount", [[
      "authorizer_serviceaccount",
      `${PREFIX}.Authorizer.(string, string) -> ${PREFIX}.Authorizer`,
    ]], (target, namespace, name) => {
      if (!NAME.test(name as string)) return fail("Invalid service account name");
      if (!NAMESPACE.test(namespace as string)) return fail("Invalid service account namespace");
      return check(target).with(AUTHORIZER_TYPE, {
        serviceAccount: { namespace: namespace as string, name: name as string },
      });
    }),
    declare(
      "resource",
      [["groupcheck_resource", `${PREFIX}.GroupCheck.(string) -> ${PREFIX}.ResourceCheck`]],
      (target, resource) =>
        resource === ""
          ? fail("resource must not be empty")
          : check(target).with(RESOURCE_CHECK_TYPE, { resource: resource as string }),
    ),
    part("subresource"),
    part("namespace"),
    part("name"),
    part("fieldSelector"),
    part("labelSelector"),
    declare("check", [
      ["pathcheck_check", `${PREFIX}.PathCheck.(string) -> ${PREFIX}.Decision`],
      ["resourcecheck_check", `${PREFIX}.ResourceCheck.(string) -> ${PREFIX}.Decision`],
    ], (target, verb) => check(target).ask(verb as string)),
    declare(
      "errored",
      [["decision_errored", `${PREFIX}.Decision.() -> bool`]],
      (value) => answer(value).error !== undefined,
    ),
    declare(
      "error",
      [["decision_error", `${PREFIX}.Decision.() -> string`]],
      (value) => answer(value).error ?? "",
    ),
    declare(
      "allowed",
      [["decision_allowed", `${PREFIX}.Decision.() -> bool`]],
      (value) => answer(value).allowed,
    ),
    declare(
      "reason",
      [["decision_reason", `${PREFIX}.Decision.() -> string`]],
      (value) => answer(value).reason,
    ),
  ],
};
