// The managers of Cluster API, and the manifests of our provider: what each is
// rendered from, and how managers are called outside of any cluster.

import { output } from "./program.ts";
import type { Settings } from "./settings.ts";

/** The managers. */
export const MANAGERS = ["core", "bootstrap", "control-plane"] as const;

/** Files for a management cluster that reaches webhooks on loopback. */
export interface Rendered {
  /** All of the manifest. */
  readonly rendered: string;
  /** Namespaces and definitions. */
  readonly definitions: string;
  /** Webhook configurations. */
  readonly webhooks: string;
}

/** A manager, ready to be started. */
export interface RenderedManager extends Rendered {
  readonly name: string;
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
    const text = await output(["kubectl", "kustomize", `${bin}/../config/${program}/default`]);
    const rendered = await render(folder, name, text, webhook);
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
    found.push({ name, ...rendered, command, health });
  }
  return found;
}

/** Renders the manifests of our provider, whose webhooks are on that port. */
export async function renderProvider(folder: string, port: number): Promise<Rendered> {
  return await render(folder, "provider", await Deno.readTextFile(await components()), port);
}

/** The newest release of the repository that clusterctl reads. */
async function components(): Promise<string> {
  const repository = `${HERE}../../../manifests/infrastructure-in-memory`;
  const releases: string[] = [];
  for await (const { name } of Deno.readDir(repository)) releases.push(name);
  return `${repository}/${releases.sort().at(-1)}/infrastructure-components.yaml`;
}

async function render(
  folder: string,
  name: string,
  text: string,
  port: number,
): Promise<Rendered> {
  const rendered = `${folder}/${name}.rendered.yaml`;
  const definitions = `${folder}/${name}.definitions.yaml`;
  const webhooks = `${folder}/${name}.webhooks.yaml`;
  await Deno.writeTextFile(rendered, text);
  await output([
    Deno.execPath(),
    "run",
    "-A",
    `${HERE}../managers_manifests.ts`,
    rendered,
    `${folder}/webhooks/ca.crt`,
    `${port}`,
    definitions,
    webhooks,
  ]);
  return { rendered, definitions, webhooks };
}
