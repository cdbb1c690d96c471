// The bindings of a cluster by whom they bind, read again after any of them
// has changed. Source: pkg/registry/rbac/validation/rule.go.

import type { KubeObject } from "../../runtime/object.ts";
import { compileLabelSelector } from "../../runtime/selector/label.ts";
import { StatusError } from "../../runtime/status.ts";
import type { Cursor, Store } from "../../runtime/store/types.ts";
import type { UserInfo } from "../../runtime/user.ts";
import type { PolicyRule } from "./policy_rule.ts";

const GROUP = "rbac.authorization.k8s.io";
const CLUSTER_ROLES = `${GROUP}/clusterroles`;
const ROLES = `${GROUP}/roles`;
const CLUSTER_BINDINGS = `${GROUP}/clusterrolebindings`;
const BINDINGS = `${GROUP}/rolebindings`;
const BINDING_STORAGES: readonly string[] = [CLUSTER_BINDINGS, BINDINGS];

/** Somebody that a binding binds. */
interface Subject {
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
}

/** What a binding refers to. */
export interface RoleReference {
  readonly kind: string;
  readonly name: string;
}

/** A binding that applies to a user, and through which of its subjects. */
export interface AppliedBinding {
  readonly binding: KubeObject;
  readonly subject: Subject;
}

interface IndexedBinding extends AppliedBinding {
  readonly order: number;
}

/** Bindings by subject, for the whole cluster (`""`) and by namespace. */
type SubjectIndex = Map<string, Map<string, IndexedBinding[]>>;

/** Follows the role bindings of one store. */
export class RbacIndex {
  readonly #store: Store;
  #cursors: Cursor[] = [];
  #revision = -1;
  #index: SubjectIndex = new Map();

  /** Over that cluster's data. */
  constructor(store: Store) {
    this.#store = store;
  }

  /** The cluster-wide bindings that apply to the user, then those of the namespace, each by name. */
  *bindingsOf(user: UserInfo, namespace: string): Generator<AppliedBinding> {
    this.#refresh();
    yield* this.#bound(user, "");
    if (namespace !== "") yield* this.#bound(user, namespace);
  }

  /** The rules of a role, or why there are none. */
  rulesOf(
    reference: RoleReference,
    namespace: string,
  ): readonly PolicyRule[] | { readonly error: string } {
    const { kind, name } = reference;
    if (kind === "ClusterRole") {
      const found = this.#store.get(CLUSTER_ROLES, name)?.object;
      return found === undefined
        ? { error: `clusterrole.${GROUP} "${name}" not found` }
        : this.#clusterRoleRules(found);
    }
    if (kind === "Role") {
      const found = this.#store.get(ROLES, `${namespace}/${name}`)?.object;
      return found === undefined ? { error: `role.${GROUP} "${name}" not found` } : rulesIn(found);
    }
    return { error: `unsupported role reference kind: ${JSON.stringify(kind)}` };
  }

  // Normally a controller writes the aggregated rules; without one they are put together here.
  #clusterRoleRules(role: KubeObject): readonly PolicyRule[] {
    const own = rulesIn(role);
    const selectors = role["aggregationRule"]?.clusterRoleSelectors;
    if (own.length > 0 || !Array.isArray(selectors)) return own;
    const matching = selectors.map(compileLabelSelector);
    return this.#store.list(CLUSTER_ROLES).entries
      .filter(({ object }) =>
        object.metadata.name !== role.metadata.name &&
        matching.some((selector) => selector.matches(object.metadata.labels))
      )
      .flatMap(({ object }) => rulesIn(object));
  }

  #bound(user: UserInfo, namespace: string): readonly IndexedBinding[] {
    const subjects = this.#index.get(namespace);
    if (subjects === undefined) return [];
    const found = new Map<number, IndexedBinding>();
    const keys = [`User/${user.name}`, ...user.groups.map((group) => `Group/${group}`)];
    for (const key of keys) {
      for (const applied of subjects.get(key) ?? []) {
        const present = found.get(applied.order);
        if (present === undefined || isEarlier(applied, present)) found.set(applied.order, applied);
      }
    }
    return [...found.values()].sort((a, b) => a.order - b.order);
  }

  #refresh(): void {
    if (this.#revision === this.#store.revision) return;
    if (this.#revision >= 0 && !this.#changed()) {
      this.#revision = this.#store.revision;
      return;
    }
    this.#revision = this.#store.revision;
    for (const cursor of this.#cursors) cursor.close();
    this.#cursors = BINDING_STORAGES.map((storage) => this.#store.watch(storage, this.#revision));
    this.#index = indexBindings(this.#store);
  }

  #changed(): boolean {
    try {
      return this.#cursors.some((cursor) => cursor.read(1) !== undefined);
    } catch (error) {
      // So much has been written that the events are gone.
      if (error instanceof StatusError) return true;
      throw error;
    }
  }
}

function rulesIn(role: KubeObject): readonly PolicyRule[] {
  return Array.isArray(role["rules"]) ? role["rules"] as unknown as PolicyRule[] : [];
}

function isEarlier(a: IndexedBinding, b: IndexedBinding): boolean {
  const subjects = a.binding["subjects"] as unknown as Subject[];
  return subjects.indexOf(a.subject) < subjects.indexOf(b.subject);
}

function indexBindings(store: Store): SubjectIndex {
  const index: SubjectIndex = new Map();
  let order = 0;
  for (const storage of BINDING_STORAGES) {
    for (const { object } of store.list(storage).entries) {
      addBinding(index, object, order++);
    }
  }
  return index;
}

function addBinding(index: SubjectIndex, binding: KubeObject, order: number): void {
  const namespace = binding.metadata.namespace ?? "";
  const subjects = Array.isArray(binding["subjects"])
    ? binding["subjects"] as unknown as Subject[]
    : [];
  for (const subject of subjects) {
    const key = subjectKey(subject, namespace);
    if (key === undefined) continue;
    let bySubject = index.get(namespace);
    if (bySubject === undefined) index.set(namespace, bySubject = new Map());
    const bindings = bySubject.get(key);
    if (bindings === undefined) bySubject.set(key, [{ binding, subject, order }]);
    else bindings.push({ binding, subject, order });
  }
}

function subjectKey({ kind, name, namespace }: Subject, bindingNamespace: string) {
  if (kind === "User" || kind === "Group") return `${kind}/${name}`;
  const home = namespace || bindingNamespace;
  return kind === "ServiceAccount" && home !== ""
    ? `User/system:serviceaccount:${home}:${name}`
    : undefined;
}

/** `RoleBinding "b/ns" of Role "r" to User "u"`. */
export function describeBinding({ binding, subject }: AppliedBinding): string {
  const { name, namespace } = binding.metadata;
  const own = namespace ? `${name}/${namespace}` : `${name}`;
  const role = binding["roleRef"] as unknown as RoleReference;
  const who = subject.kind === "ServiceAccount"
    ? `${subject.name}/${subject.namespace || namespace}`
    : subject.name;
  return `${binding.kind} ${JSON.stringify(own)} of ${role.kind} ${JSON.stringify(role.name)} to ` +
    `${subject.kind} ${JSON.stringify(who)}`;
}
