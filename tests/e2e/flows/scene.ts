// What a flow plays on: the stack, a namespace of its own, and the lines that
// it prints.

import type { Draughtsman, Shape } from "./blueprint.ts";
import { versionsOf } from "./blueprint.ts";
import { ManagedCluster } from "./cluster.ts";
import { assertGone } from "./gone.ts";
import type { Places } from "./places.ts";
import type { Settings } from "./settings.ts";
import type { Stack } from "./stack.ts";

/** One story with the managers. */
export interface Flow {
  readonly name: string;
  /** Only where this holds; absent: everywhere. */
  readonly when?: (settings: Settings) => boolean;
  /** Throws when the story does not end well. */
  run(scene: Scene): Promise<void>;
}

/** Where a flow's lines go. */
export type Say = (line: string) => void;

/** A flow's surroundings. */
export class Scene {
  readonly stack: Stack;
  readonly settings: Settings;
  readonly places: Places;
  readonly draughtsman: Draughtsman;
  /** The flow's namespace. */
  readonly namespace: string;
  /** Clusters that the flow made. */
  readonly clusters: ManagedCluster[] = [];
  readonly #say: Say;

  /** For one flow. */
  constructor(
    parts: Pick<Scene, "stack" | "settings" | "places" | "draughtsman" | "namespace">,
    say: Say,
  ) {
    this.stack = parts.stack;
    this.settings = parts.settings;
    this.places = parts.places;
    this.draughtsman = parts.draughtsman;
    this.namespace = parts.namespace;
    this.#say = say;
  }

  /** A cluster that is not there yet, in a namespace of its own name. */
  plan(shape: Partial<Shape> = {}, name = this.namespace): ManagedCluster {
    const { settings, places, draughtsman } = this;
    const cluster = new ManagedCluster(
      { management: this.stack.objects, places, settings, draughtsman },
      {
        controlPlane: 1,
        workers: 1,
        version: versionsOf(settings).before,
        ...shape,
        namespace: name,
        name,
      },
    );
    this.clusters.push(cluster);
    return cluster;
  }

  /** A cluster that is as asked for. */
  async create(shape: Partial<Shape> = {}): Promise<ManagedCluster> {
    const cluster = this.plan(shape);
    await this.step("a cluster is made", async () => {
      await cluster.apply();
      await cluster.settle();
    });
    return cluster;
  }

  /** Deletes a cluster; nothing may be left. */
  async remove(cluster: ManagedCluster): Promise<void> {
    const { management, places } = cluster.context;
    await this.step("it is deleted and nothing is left", async () => {
      const address = await cluster.address();
      await management.delete(places.clusters, cluster);
      await assertGone(cluster, address);
    });
  }

  /** One check: what is said of it is printed once it holds. */
  async step<T>(title: string, act: () => Promise<T>): Promise<T> {
    const begin_ms = performance.now();
    try {
      const result = await act();
      this.#say(`PASS ${title} (${((performance.now() - begin_ms) / 1000).toFixed(1)} s)`);
      return result;
    } catch (error) {
      this.#say(`FAIL ${title}`);
      throw error;
    }
  }

  /** The middle of a flow, where the provider is killed if the run is about that. */
  async midway(): Promise<void> {
    if (!this.settings.kill) return;
    await this.step("the provider is killed in the middle", () => this.stack.provider.kill());
  }

  /** Says a measurement. */
  note(text: string): void {
    this.#say(`NOTE ${text}`);
  }
}
