// Who asks. Source: k8s.io/apiserver authentication user.Info.

/** An authenticated user. */
export interface UserInfo {
  /** Such as `kubernetes-admin` or `system:serviceaccount:ns:name`. */
  readonly name: string;
  /** Tells users of one name apart over time. */
  readonly uid?: string;
  /** The groups the user belongs to. */
  readonly groups: readonly string[];
  /** Further facts about the user. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Nobody in particular: requests without credentials. */
export const anonymousUser: UserInfo = {
  name: "system:anonymous",
  groups: ["system:unauthenticated"],
};

/** The cluster's administrator: what in-process callers are unless they say otherwise. */
export const adminUser: UserInfo = {
  name: "kubernetes-admin",
  groups: ["system:masters", "system:authenticated"],
};
