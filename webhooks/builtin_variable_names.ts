// The builtin variables that a patch may name as `valueFrom.variable`.
// Templates may reach for anything. Source: Cluster API's webhook of
// ClusterClass.

const METADATA = ["metadata.labels", "metadata.annotations"];
const WORKERS = [
  "",
  "class",
  "name",
  "replicas",
  "topologyName",
  "version",
  ...METADATA,
  "bootstrap.configRef.name",
  "infrastructureRef.name",
];
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  cluster: ["", "name", "namespace", "uid", ...METADATA],
  "cluster.topology": [
    "",
    "classRef.name",
    "classRef.namespace",
    "class",
    "classNamespace",
    "version",
  ],
  "cluster.network": ["", "serviceDomain", "services", "pods"],
  controlPlane: [
    "",
    "name",
    "replicas",
    "version",
    ...METADATA,
    "machineTemplate.infrastructureRef.name",
  ],
  machineDeployment: WORKERS,
  machinePool: WORKERS,
};
const NAMES: ReadonlySet<string> = new Set(
  Object.entries(MEMBERS).flatMap(([parent, members]) =>
    members.map((member) => `builtin.${parent}${member === "" ? "" : `.${member}`}`)
  ),
);

/** Whether a patch may name `builtin.…`. */
export function isBuiltinVariable(name: string): boolean {
  return NAMES.has(name);
}
