// The managers of Cluster API: what each is rendered from, and how it is
// called outside of any cluster.

import { output } from "./program.ts";
import type { Settings } from "./settings.ts";

/** The managers. */
export const MANAGERS = ["core", "bootstrap", "control-plane"] as const;

/** A manager, ready to be started. */
export interface RenderedManager {
  readonly name: string;
  /** Files: namespaces and definitions; webhook configurations. */
  readonly definitions: string;
  readonly webhooks: string;
  readonly command: readonly string[];
  /** The port of its probes. */
  readonly health: number;
}

const HERE = new URL(".", import.meta.url).pathname;

/** Renders the manifests into the folder; three ports for each manager. */
export async function renderManagers(
  { bin, clusterApi }: Settings,
  folder: string,
  ports: readonly number[],
): Promise<RenderedManager[]> {
  const found: RenderedManager[] = [];
  for (const [index, name] of MANAGERS.entries()) {
    const [webhook = 0, health = 0, diagnostics = 0] = ports.slice(index * 3);
    const program = clusterApi === "1.9" ? `${name}-1.9` : name;
    const rendered = `${folder}/${name}.rendered.yaml`;
    const definitions = `${folder}/${name}.definitions.yaml`;
    const webhooks = `${folder}/${name}.webhooks.yaml`;
    await Deno.writeTextFile(
      rendered,
      await output(["kubectl", "kustomize", `${bin}/../config/${program}/default`]),
    );
    await output([
      Deno.execPath(),
      "run",
      "-A",
      `${HERE}../managers_manifests.ts`,
      rendered,
      `${folder}/webhooks/ca.crt`,
      `${webhook}`,
      definitions,
      webhooks,
    ]);
    const command = [
      `${bin}/${program}`,
      `--webhook-port=${webhook}`,
      `--webhook-cert-dir=${folder}/webhooks`,
      `--health-addr=127.0.0.1:${health}`,
      `--diagnostics-address=127.0.0.1:${diagnostics}`,
      "--insecure-diagnostics=true",
      "--leader-elect=false",
      "--kube-api-qps=100",
      "--kube-api-burst=200",
      name === "control-plane"
        ? "--feature-gates=ClusterTopology=true"
        : "--feature-gates=ClusterTopology=true,MachinePool=true",
    ];
    found.push({ name, definitions, webhooks, command, health });
  }
  return found;
}
