// A management cluster at work: an API server, the managers of Cluster API
// with their webhooks and conversion, and our provider, all on loopback. The
// managers run outside of any cluster, from the manifests they come with.

import { parseAll } from "@std/yaml";
import type { JsonObject, KubeObject } from "../../../runtime/object.ts";
import { MANAGERS, renderManagers, renderProvider } from "./managers.ts";
import { Objects } from "./objects.ts";
import { CORE } from "./places.ts";
import { capimOf } from "./packaging.ts";
import { freePorts, output, Program } from "./program.ts";
import { Provider } from "./provider.ts";
import type { ClusterApiLine, Settings } from "./settings.ts";
import { installServiceAccount } from "./service_account.ts";
import { truths } from "./settled.ts";
import { eventually } from "./waiting.ts";

const HERE = new URL(".", import.meta.url).pathname;
const ROOT = new URL("../../../", import.meta.url).pathname;

/** One management cluster. */
export class Stack implements AsyncDisposable {
  /** Its API. */
  readonly objects: Objects;
  /** The administrator's kubeconfig, a file. */
  readonly kubeconfig: string;
  /** The provider. */
  readonly provider: Provider;
  /** Which line the managers are of. */
  readonly clusterApi: ClusterApiLine;
  /** The managers by name. */
  readonly managers: readonly Program[];
  readonly #server: Program;

  private constructor(
    { clusterApi }: Settings,
    server: Program,
    kubeconfig: string,
    objects: Objects,
    managers: readonly Program[],
    provider: Provider,
  ) {
    this.clusterApi = clusterApi;
    this.#server = server;
    this.kubeconfig = kubeconfig;
    this.objects = objects;
    this.managers = managers;
    this.provider = provider;
  }

  /** Starts everything, named `name` in the folder of the run; clusters are at `host`. */
  static async start(settings: Settings, name: string, host: string): Promise<Stack> {
    const folder = `${settings.work}/${name}`;
    await Deno.mkdir(folder, { recursive: true });
    const kubeconfig = `${folder}/kubeconfig`;
    const capim = await capimOf(settings);
    const server = await startServer(settings, folder, kubeconfig);
    const started: Program[] = [server];
    try {
      const objects = new Objects(await Deno.readTextFile(kubeconfig));
      await output([
        Deno.execPath(),
        "run",
        "-A",
        `${HERE}../certificates.ts`,
        `${folder}/webhooks`,
      ]);
      const [port = 0, ...others] = freePorts(4);
      const files = await renderProvider(folder, port);
      await applyFile(objects, files.definitions);
      const managers = await startManagers(settings, folder, kubeconfig, objects, started);
      const account = await installServiceAccount(objects, files.rendered, kubeconfig, folder);
      // A process that was killed has not given its Lease up: the next one would stand still until it ends.
      const elects = !settings.kill;
      const provider = await Provider.start({ capim, folder, kubeconfig: account, host, elects }, [
        port,
        ...others,
      ]);
      started.push(provider.program);
      await applyFile(objects, files.webhooks);
      return new Stack(settings, server, kubeconfig, objects, managers, provider);
    } catch (error) {
      for (const program of started.reverse()) await program.stop();
      throw error;
    }
  }

  /** Stops everything, newest first. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.provider.program.stop();
    await Promise.all(this.managers.map((manager) => manager.stop()));
    this.objects[Symbol.dispose]();
    await this.#server.stop();
  }
}

async function startServer(
  settings: Settings,
  folder: string,
  kubeconfig: string,
): Promise<Program> {
  const [port = 0, etcdPort = 0] = freePorts(2);
  const command = settings.management === "reference"
    ? [`${HERE}../reference.sh`, settings.bin, `${folder}/data`, kubeconfig]
    : [Deno.execPath(), "run", "-A", `${ROOT}cmd/capim.ts`, "serve", "--kubeconfig", kubeconfig];
  const server = await Program.start("management", `${folder}/management.log`, command, {
    REFERENCE_PORT: `${port}`,
    REFERENCE_ETCD_PORT: `${etcdPort}`,
    REFERENCE_CONTROLLERS: "garbage-collector-controller,namespace-controller",
    DENO: Deno.execPath(),
  });
  await eventually("the management cluster starts", 120, async () => {
    server.assertRunning();
    const text = await Deno.readTextFile(kubeconfig).catch(() => "");
    return text === "" ? "no kubeconfig yet" : undefined;
  });
  return server;
}

async function startManagers(
  settings: Settings,
  folder: string,
  kubeconfig: string,
  objects: Objects,
  started: Program[],
): Promise<Program[]> {
  const ports = freePorts(MANAGERS.length * 3);
  const rendered = await renderManagers(settings, folder, ports);
  for (const { definitions } of rendered) await applyFile(objects, definitions);
  await established(objects);
  const managers: Program[] = [];
  for (const { name, command } of rendered) {
    const env = { KUBECONFIG: kubeconfig, POD_NAMESPACE: "default", POD_NAME: name, POD_UID: name };
    managers.push(await Program.start(name, `${folder}/${name}.log`, command, env));
  }
  started.push(...managers);
  for (const [index, { health }] of rendered.entries()) {
    const manager = managers[index] as Program;
    await eventually(`${manager.name} becomes ready`, 90, async () => {
      manager.assertRunning();
      const response = await fetch(`http://127.0.0.1:${health}/readyz`);
      return response.ok ? void await response.body?.cancel() : await response.text();
    });
  }
  for (const { webhooks } of rendered) await applyFile(objects, webhooks);
  return managers;
}

/** Server-side apply of all objects in a file, with the label that clusterctl gives what it installs. */
async function applyFile(objects: Objects, file: string): Promise<void> {
  for (const object of parseAll(await Deno.readTextFile(file)) as KubeObject[]) {
    object.metadata.labels = { ...object.metadata.labels, "clusterctl.cluster.x-k8s.io": "" };
    const group = object.apiVersion.includes("/") ? "apis" : "api";
    const plural = `${object.kind.toLowerCase()}s`;
    const path = `/${group}/${object.apiVersion}/${plural}/${object.metadata.name}` +
      "?fieldManager=flows&force=true";
    const { status, body } = await objects.send(
      "PATCH",
      path,
      object as unknown as JsonObject,
      { "content-type": "application/apply-patch+yaml" },
    );
    if (status >= 400) throw new Error(`${object.metadata.name}: ${body["message"]}`);
  }
}

function established(objects: Objects): Promise<void> {
  return eventually("definitions are established", 60, async () => {
    for (const definition of await objects.list(CORE.definitions)) {
      const finding = truths(definition, ["Established"]);
      if (finding !== undefined) return finding;
    }
    return undefined;
  });
}
