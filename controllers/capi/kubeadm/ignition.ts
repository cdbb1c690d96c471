// Bootstrap data for machines that boot with Ignition (spec 2.3.0): the same
// files and commands as cloud-config, in storage files and one systemd unit.

import type { JsonObject } from "../../../runtime/object.ts";
import { toBase64 } from "./base64.ts";
import {
  type BootstrapFile,
  bootstrapFiles,
  type BootstrapParts,
  kubeadmCommand,
} from "./bootstrap_data.ts";

const CONFIG_PATH = "/etc/kubeadm.yml";
const SCRIPT_PATH = "/etc/kubeadm.sh";
const SENTINEL = "/run/cluster-api/bootstrap-success.complete";

/** The Ignition configuration of a machine, JSON. */
export function ignitionConfig(parts: BootstrapParts): string {
  const script: BootstrapFile = {
    path: SCRIPT_PATH,
    permissions: "0700",
    content: [
      "#!/bin/bash",
      "set -e",
      ...(parts.spec.preKubeadmCommands ?? []) as string[],
      kubeadmCommand(parts, CONFIG_PATH),
      `mkdir -p /run/cluster-api && echo success > ${SENTINEL}`,
      `mv ${CONFIG_PATH} /tmp/`,
      ...(parts.spec.postKubeadmCommands ?? []) as string[],
      "",
    ].join("\n"),
  };
  const files = [...bootstrapFiles(parts, CONFIG_PATH), script];
  return JSON.stringify({
    ignition: { version: "2.3.0" },
    ...(parts.users.length === 0 ? {} : { passwd: { users: parts.users.map(user) } }),
    storage: { files: files.map(file) },
    systemd: { units: [{ name: "kubeadm.service", enabled: true, contents: UNIT }] },
  });
}

const UNIT = `[Unit]
Description=kubeadm
ConditionPathExists=${CONFIG_PATH}
After=network.target
[Service]
Type=oneshot
ExecStart=${SCRIPT_PATH}
[Install]
WantedBy=multi-user.target
`;

function file({ path, permissions, content, append }: BootstrapFile): JsonObject {
  return {
    filesystem: "root",
    path,
    mode: parseInt(permissions ?? "0644", 8),
    ...(append ? { append: true } : {}),
    contents: { source: `data:;base64,${toBase64(content)}` },
  };
}

function user(account: JsonObject): JsonObject {
  const groups = typeof account.groups === "string"
    ? account.groups.split(",").map((name) => name.trim())
    : undefined;
  const named: JsonObject = {
    name: account.name,
    gecos: account.gecos,
    groups,
    homeDir: account.homeDir,
    passwordHash: account.passwd,
    primaryGroup: account.primaryGroup,
    shell: account.shell,
    sshAuthorizedKeys: account.sshAuthorizedKeys,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}
