import { assertEquals } from "@std/assert";
import { MemoryStore } from "../../runtime/store/memory_store.ts";
import type { UserInfo } from "../../runtime/user.ts";
import { RbacAuthorizer } from "./rbac_authorizer.ts";
import { compactRules, printRule, uncovered } from "./rule_cover.ts";
import type { AuthorizationAttributes } from "./types.ts";

const GROUP = "rbac.authorization.k8s.io";
const jane: UserInfo = { name: "jane", groups: ["devs", "system:authenticated"] };

function put(store: MemoryStore, resource: string, namespace: string, name: string, more: object) {
  const kind = resource === "roles"
    ? "Role"
    : resource === "clusterroles"
    ? "ClusterRole"
    : resource === "rolebindings"
    ? "RoleBinding"
    : "ClusterRoleBinding";
  store.put(`${GROUP}/${resource}`, namespace === "" ? name : `${namespace}/${name}`, {
    apiVersion: `${GROUP}/v1`,
    kind,
    metadata: { name, ...(namespace === "" ? {} : { namespace }) },
    ...more,
  });
}

function attributes(
  verb: string,
  what: string,
  more: Partial<AuthorizationAttributes> = {},
): AuthorizationAttributes {
  const resourceRequest = !what.startsWith("/");
  const [resource = "", subresource = ""] = resourceRequest ? what.split("/") : [];
  return {
    user: jane,
    verb,
    resourceRequest,
    group: "",
    version: "v1",
    resource,
    subresource,
    namespace: "ns",
    name: "",
    path: resourceRequest ? "" : what,
    ...more,
  };
}

Deno.test("authorize() goes by rules, namespaces and subjects and says by which binding", () => {
  const store = new MemoryStore();
  const rules = [
    { apiGroups: [""], resources: ["pods", "pods/log", "*/scale"], verbs: ["get"] },
    { apiGroups: ["*"], resources: ["secrets"], resourceNames: ["one"], verbs: ["*"] },
    { nonResourceURLs: ["/made/*", "/exact"], verbs: ["get"] },
  ];
  put(store, "clusterroles", "", "reader", { rules });
  put(store, "clusterrolebindings", "", "devs", {
    roleRef: { kind: "ClusterRole", name: "reader" },
    subjects: [{ kind: "Group", name: "devs" }],
  });
  put(store, "roles", "ns", "writer", {
    rules: [{ apiGroups: [""], resources: ["*"], verbs: ["create"] }],
  });
  put(store, "rolebindings", "ns", "writers", {
    roleRef: { kind: "Role", name: "writer" },
    subjects: [{ kind: "ServiceAccount", name: "robot" }, { kind: "User", name: "jane" }],
  });
  const rbac = new RbacAuthorizer(store);
  const byDevs =
    'RBAC: allowed by ClusterRoleBinding "devs" of ClusterRole "reader" to Group "devs"';
  const byWriters = 'RBAC: allowed by RoleBinding "writers/ns" of Role "writer" to ';
  const robot: UserInfo = { name: "system:serviceaccount:ns:robot", groups: [] };
  const cases: [AuthorizationAttributes, string | undefined][] = [
    [attributes("get", "pods"), byDevs],
    [attributes("get", "pods", { namespace: "" }), byDevs],
    [attributes("list", "pods"), undefined],
    [attributes("get", "pods/log"), byDevs],
    [attributes("get", "pods/exec"), undefined],
    [attributes("get", "things/scale"), byDevs],
    [attributes("get", "pods", { group: "other" }), undefined],
    [attributes("delete", "secrets", { name: "one", group: "other" }), byDevs],
    [attributes("delete", "secrets", { name: "two" }), undefined],
    [attributes("list", "secrets"), undefined],
    [attributes("get", "/made/"), byDevs],
    [attributes("get", "/made/deep/er"), byDevs],
    [attributes("get", "/made"), undefined],
    [attributes("get", "/exact"), byDevs],
    [attributes("create", "anything"), `${byWriters}User "jane"`],
    [attributes("create", "anything", { namespace: "other" }), undefined],
    [attributes("create", "pods", { user: robot }), `${byWriters}ServiceAccount "robot/ns"`],
    [attributes("anything", "pods", { user: { name: "x", groups: ["system:masters"] } }), ""],
  ];
  for (const [wanted, reason] of cases) {
    assertEquals(
      rbac.authorize(wanted),
      { allowed: reason !== undefined, reason: reason ?? "" },
      `${wanted.verb} ${wanted.resource}${wanted.path}`,
    );
  }
});

Deno.test("authorize() notices changes and tells of roles that are missing", () => {
  const store = new MemoryStore();
  const rbac = new RbacAuthorizer(store);
  const wanted = attributes("get", "pods");
  assertEquals(rbac.authorize(wanted), { allowed: false, reason: "" });
  put(store, "rolebindings", "ns", "b", {
    roleRef: { kind: "Role", name: "late" },
    subjects: [{ kind: "User", name: "jane" }],
  });
  const reason = `RBAC: role.${GROUP} "late" not found`;
  assertEquals(rbac.authorize(wanted), { allowed: false, reason });
  put(store, "roles", "ns", "late", {
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
  });
  assertEquals(rbac.authorize(wanted).allowed, true);
  store.remove(`${GROUP}/rolebindings`, "ns/b");
  assertEquals(rbac.authorize(wanted), { allowed: false, reason: "" });
});

Deno.test("uncovered() takes rules apart, compactRules() and printRule() tell of them", () => {
  const held = [
    { apiGroups: [""], resources: ["pods", "*/status"], verbs: ["get", "list"] },
    { apiGroups: ["apps"], resources: ["*"], resourceNames: ["one"], verbs: ["*"] },
    { nonResourceURLs: ["/a/*"], verbs: ["get"] },
  ];
  const cases: [Parameters<typeof uncovered>[1][number], string[]][] = [
    [{ apiGroups: [""], resources: ["pods", "nodes/status"], verbs: ["get"] }, []],
    [
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "delete", "watch"] },
      ['{APIGroups:[""], Resources:["pods"], Verbs:["delete" "watch"]}'],
    ],
    [{ apiGroups: ["apps"], resources: ["x"], resourceNames: ["one"], verbs: ["get"] }, []],
    [
      { apiGroups: ["apps"], resources: ["x"], verbs: ["get"] },
      ['{APIGroups:["apps"], Resources:["x"], Verbs:["get"]}'],
    ],
    [{ nonResourceURLs: ["/a/b"], verbs: ["get"] }, []],
    [
      { nonResourceURLs: ["/b"], verbs: ["get"] },
      ['{NonResourceURLs:["/b"], Verbs:["get"]}'],
    ],
  ];
  for (const [rule, missing] of cases) {
    assertEquals(compactRules(uncovered(held, [rule])).map(printRule), missing);
  }
});
