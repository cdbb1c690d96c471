// A management cluster in process, with all controllers, for tests.

import { parseAll } from "@std/yaml";
import { ApiServer } from "../../apiserver/server.ts";
import {
  addCoreControllers,
  addKubeadmControllers,
  addProviderControllers,
  CORE_INDEX_LABELS,
  HostClusterAccess,
  HostEtcdAccess,
} from "../../controllers/mod.ts";
import { customResourceDefinitions } from "../../manifests/mod.ts";
import type { Client, ResourceRef } from "../../runtime/client.ts";
import { VirtualClock } from "../../runtime/clock.ts";
import { formatRecord, makeLogger } from "../../runtime/log.ts";
import { clone, type KubeObject } from "../../runtime/object.ts";
import { SeededRandom } from "../../runtime/random.ts";
import type { WorkloadControllers } from "../../controllers/workload/mod.ts";
import { EventRecorder } from "../../runtime/reconcile/event_recorder.ts";
import { Manager } from "../../runtime/reconcile/manager.ts";
import { namespaceLifecycle } from "../../apiserver/admission/namespace_lifecycle.ts";
import { startClusterControllers } from "../../clusters/cluster_controllers.ts";
import { webhookAdmission } from "../../clusters/webhook_admission.ts";
import { registerConversions } from "../../clusters/webhook_conversion.ts";
import { webhooks } from "../../webhooks/mod.ts";
import { LoopGuard } from "./loop_guard.ts";
import { MemoryHost } from "./memory_host.ts";

/** Resources by kind. */
export const REF: Record<string, ResourceRef> = Object.fromEntries(
  customResourceDefinitions().map(({ spec }) => [spec.names.kind, {
    apiVersion: `${spec.group}/${spec.versions.at(-1)?.name}`,
    resource: spec.names.plural,
  }]),
);

/** A management cluster under a virtual clock. */
export class Management {
  readonly clock = new VirtualClock();
  readonly random: SeededRandom;
  readonly server: ApiServer;
  readonly client: Client;
  readonly host: MemoryHost;
  readonly manager: Manager;
  readonly log: string[] = [];
  readonly #logger = makeLogger((record) => this.log.push(formatRecord(record)), "warn");
  readonly #stop = new AbortController();
  readonly #guard = new LoopGuard(this.clock, () => this.#stop.abort());
  readonly #workload: WorkloadControllers;

  /** `only: "provider"` leaves out Cluster API's own controllers. */
  constructor(seed = 1, options: { only?: "provider"; webhooks?: boolean } = {}) {
    this.random = new SeededRandom(seed);
    const { clock, random } = this;
    this.server = new ApiServer({
      clock,
      random,
      admission: options.webhooks === false
        ? [namespaceLifecycle]
        : [namespaceLifecycle, webhookAdmission(webhooks, () => this.client)],
    });
    this.client = this.server.client();
    this.host = new MemoryHost(clock, random);
    const logger = this.#logger;
    this.manager = new Manager({
      client: this.client,
      clock,
      logger,
      indexLabels: CORE_INDEX_LABELS,
      observer: this.#guard,
    });
    if (options.only === undefined) this.#addClusterApi();
    addProviderControllers(this.manager, { host: this.host });
    const authority = () => undefined;
    this.#workload = startClusterControllers({ server: this.server, clock, logger, authority });
  }

  #addClusterApi(): void {
    const { clock, random, client, host } = this;
    const access = new HostClusterAccess(host, clock);
    const events = new EventRecorder({ client, clock, logger: this.#logger, component: "capi" });
    const references = addCoreControllers(this.manager, { access, random, events });
    const etcd = new HostEtcdAccess(host, clock);
    addKubeadmControllers(this.manager, { clusters: access, etcd, references, events, random });
  }

  /** Installs the definitions and starts the controllers. */
  async start(): Promise<void> {
    registerConversions(this.server, this.client, customResourceDefinitions());
    for (const definition of customResourceDefinitions()) {
      await this.client.create(
        { apiVersion: "apiextensions.k8s.io/v1", resource: "customresourcedefinitions" },
        clone(definition),
      );
    }
    await this.manager.start(this.#stop.signal);
  }

  /** Creates the objects of a YAML text. */
  async apply(yaml: string): Promise<void> {
    for (const document of parseAll(yaml) as KubeObject[]) {
      const ref = REF[document.kind];
      if (ref === undefined) throw new Error(`no resource for kind ${document.kind}`);
      await this.client.create(ref, document);
    }
  }

  /** The objects of a kind in the default namespace. */
  async list(kind: string): Promise<readonly KubeObject[]> {
    const { items } = await this.client.list(REF[kind] as ResourceRef, { namespace: "default" });
    return items;
  }

  /** Lets things settle and time pass until the condition holds; throws after `limit_ms` of virtual time. */
  async until(
    what: string,
    condition: () => Promise<boolean> | boolean,
    limit_ms = 600_000,
  ): Promise<number> {
    const begun = this.clock.now();
    while (true) {
      for (let i = 0; i < 20; i++) {
        await this.clock.advance(0);
        await this.manager.idle();
        await this.#workload.idle();
        this.#guard.check();
        if (await condition()) return this.clock.now() - begun;
      }
      if (this.clock.now() - begun > limit_ms) {
        throw new Error(`not reached: ${what}\n${this.log.slice(-20).join("\n")}`);
      }
      await this.clock.advance(Math.max(1, Math.min(this.clock.untilNext ?? 100, 1000)));
    }
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.manager.idle();
    this.#guard.check();
    await this.#workload.idle();
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#workload.stop();
    for (const name of [...this.host.clusters.keys()]) await this.host.remove(name);
    this.server.close();
  }
}
