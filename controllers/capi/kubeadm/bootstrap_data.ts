// The bootstrap data of a machine: cloud-init's cloud-config with
// certificates, user files, kubeadm's documents and the commands that run
// it. Ignition is made in ignition.ts from the same parts. Source: Cluster
// API's kubeadm bootstrap provider.

import { stringify } from "@std/yaml";
import type { JsonObject } from "../../../runtime/object.ts";
import type { ClusterCertificate } from "./certificates.ts";

/** A file as it is to be written on the machine; its content is final. */
export interface BootstrapFile {
  readonly path: string;
  readonly owner?: string;
  readonly permissions?: string;
  readonly encoding?: string;
  readonly append?: boolean;
  readonly content: string;
}

/** Everything that bootstrap data is made of. */
export interface BootstrapParts {
  /** The KubeadmConfig's spec. */
  readonly spec: JsonObject;
  readonly certificates: readonly ClusterCertificate[];
  /** The user's files, contents filled in. */
  readonly files: readonly BootstrapFile[];
  /** The user's accounts, passwords filled in. */
  readonly users: readonly JsonObject[];
  /** kubeadm's documents, YAML. */
  readonly documents: readonly string[];
  readonly command: "init" | "join";
}

/** Where each command finds kubeadm's documents. */
const CONFIG_PATHS = {
  init: "/run/kubeadm/kubeadm.yaml",
  join: "/run/kubeadm/kubeadm-join-config.yaml",
} as const;
const SENTINEL = "/run/cluster-api/bootstrap-success.complete";

/** The command line that turns the machine into a node. */
export function kubeadmCommand(parts: BootstrapParts, configPath: string): string {
  const verbosity = parts.spec.verbosity;
  const flag = typeof verbosity === "number" ? ` --v ${verbosity}` : "";
  return `kubeadm ${parts.command} --config ${configPath}${flag}`;
}

/** The files of a machine in the order in which they are written. */
export function bootstrapFiles(parts: BootstrapParts, configPath: string): BootstrapFile[] {
  return [
    ...parts.certificates.flatMap(certificateFiles),
    ...parts.files,
    {
      path: configPath,
      owner: "root:root",
      permissions: "0640",
      content: parts.documents.map((text) => `---\n${text}`).join(""),
    },
    {
      path: "/run/cluster-api/placeholder",
      owner: "root:root",
      permissions: "0640",
      content: "Keeps the directory in existence.\n",
    },
  ];
}

function certificateFiles(certificate: ClusterCertificate): BootstrapFile[] {
  const { pair, certificateFile, keyFile } = certificate;
  if (pair === undefined) return [];
  const owner = "root:root";
  return [
    { path: certificateFile, owner, permissions: "0640", content: pair.certificate },
    ...(pair.key === "" || keyFile === ""
      ? []
      : [{ path: keyFile, owner, permissions: "0600", content: pair.key }]),
  ];
}

/** The cloud-config of a machine. */
export function cloudConfig(parts: BootstrapParts): string {
  const { spec } = parts;
  const path = CONFIG_PATHS[parts.command];
  const run = `${kubeadmCommand(parts, path)} && echo success > ${SENTINEL}`;
  const body = {
    write_files: bootstrapFiles(parts, path),
    ...list("bootcmd", spec.bootCommands),
    runcmd: [
      ...(spec.preKubeadmCommands ?? []) as string[],
      run,
      ...(spec.postKubeadmCommands ?? []) as string[],
    ],
    ...ntp(spec.ntp as JsonObject | undefined),
    ...(parts.users.length === 0 ? {} : { users: parts.users.map(user) }),
    ...disks(spec.diskSetup as JsonObject | undefined),
    ...list("mounts", spec.mounts),
  };
  return `## template: jinja\n#cloud-config\n\n${
    stringify(body, { lineWidth: -1, skipInvalid: true })
  }`;
}

function list(name: string, value: unknown): Record<string, unknown> {
  return Array.isArray(value) && value.length > 0 ? { [name]: value } : {};
}

function ntp(value: JsonObject | undefined): Record<string, unknown> {
  if (value === undefined) return {};
  return { ntp: { enabled: value.enabled === true, ...list("servers", value.servers) } };
}

function user(account: JsonObject): JsonObject {
  const named: JsonObject = {
    name: account.name,
    gecos: account.gecos,
    groups: account.groups,
    homedir: account.homeDir,
    inactive: account.inactive,
    lock_passwd: account.lockPassword,
    passwd: account.passwd,
    primary_group: account.primaryGroup,
    shell: account.shell,
    sudo: account.sudo,
    ssh_authorized_keys: account.sshAuthorizedKeys,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

function disks(value: JsonObject | undefined): Record<string, unknown> {
  if (value === undefined) return {};
  const partitions = (value.partitions ?? []) as JsonObject[];
  const filesystems = (value.filesystems ?? []) as JsonObject[];
  return {
    ...(partitions.length === 0 ? {} : {
      disk_setup: Object.fromEntries(partitions.map((partition) => [
        String(partition.device),
        {
          ...(partition.tableType === undefined ? {} : { table_type: partition.tableType }),
          layout: diskLayout(partition),
          ...(partition.overwrite === undefined ? {} : { overwrite: partition.overwrite }),
        },
      ])),
    }),
    ...(filesystems.length === 0 ? {} : {
      fs_setup: filesystems.map(({ extraOpts, replaceFS, ...rest }) => ({
        ...rest,
        ...(replaceFS === undefined ? {} : { replace_fs: replaceFS }),
        ...(extraOpts === undefined ? {} : { extra_opts: extraOpts }),
      })),
    }),
  };
}

function diskLayout(partition: JsonObject): unknown {
  const layout = partition.diskLayout as JsonObject[] | undefined;
  if (layout === undefined) return partition.layout ?? false;
  return layout.map(({ percentage, partitionType }) =>
    partitionType === undefined ? percentage : [percentage, partitionType]
  );
}
