// Events about objects (core/v1): equal ones raise a count instead of
// piling up. Recording never fails the caller. Source: client-go
// tools/record, without its spam filter's token bucket: a bounded memory of
// recent events stands in.

import { type Clock, rfc3339 } from "../clock.ts";
import type { Client, ResourceRef } from "../client.ts";
import type { Logger } from "../log.ts";
import type { JsonObject, KubeObject } from "../object.ts";
import { StatusError } from "../status.ts";

/** Options of an {@linkcode EventRecorder}. */
export interface EventRecorderOptions {
  /** Where events are written. */
  readonly client: Client;
  /** All time. */
  readonly clock: Clock;
  /** Where to say what is done. */
  readonly logger: Logger;
  /** `source.component`. */
  readonly component: string;
}

const EVENTS: ResourceRef = { apiVersion: "v1", resource: "events" };
const REMEMBERED_MAX = 4096;
const MESSAGE_LENGTH_MAX = 1024;

interface Remembered {
  readonly name: string;
  readonly namespace: string;
  count: number;
}

/** Writes events. */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #recent = new Map<string, Remembered>();
  readonly #writing = new Set<Promise<void>>();
  #serial = 0;

  /** Writes through `client` in the background of the caller. */
  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  /** Records that something happened to `object`. `reason` is one word in CamelCase. */
  event(
    object: KubeObject,
    type: "Normal" | "Warning",
    reason: string,
    message: string,
  ): void {
    const writing = this.#write(object, type, reason, message.slice(0, MESSAGE_LENGTH_MAX))
      .catch((error) => {
        // A namespace being deleted takes no more events: nothing to tell anybody.
        const level = error instanceof StatusError && error.code === 403 ? "debug" : "warn";
        this.#options.logger[level]("Event not recorded", { reason, error });
      });
    this.#writing.add(writing);
    void writing.then(() => this.#writing.delete(writing));
  }

  /** Resolves when what has been recorded so far is written, or could not be. */
  async written(): Promise<void> {
    await Promise.all(this.#writing);
  }

  async #write(
    object: KubeObject,
    type: string,
    reason: string,
    message: string,
  ): Promise<void> {
    const { client, clock, component } = this.#options;
    const { metadata } = object;
    const namespace = metadata.namespace ?? "default";
    const key = [
      component,
      metadata.uid,
      object.kind,
      namespace,
      metadata.name,
      type,
      reason,
      message,
    ]
      .join("\n");
    const now = rfc3339(clock.now());
    const known = this.#recent.get(key);
    if (known !== undefined) {
      known.count++;
      try {
        await client.patch(EVENTS, known, "merge", {
          count: known.count,
          lastTimestamp: now,
        });
        return;
      } catch (error) {
        if (!(error instanceof StatusError && error.code === 404)) throw error;
      }
    }
    const name = `${metadata.name}.${this.#nextHex()}`;
    this.#remember(key, { name, namespace, count: 1 });
    await client.create(EVENTS, {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name, namespace },
      involvedObject: involved(object),
      reason,
      message,
      source: { component },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type,
      eventTime: null,
      reportingComponent: component,
      reportingInstance: "",
    });
  }

  // Nanoseconds of the clock, with a serial in the digits that it does not have.
  #nextHex(): string {
    this.#serial = (this.#serial + 1) % 1_000_000;
    return (BigInt(Math.floor(this.#options.clock.now())) * 1_000_000n +
      BigInt(this.#serial))
      .toString(16);
  }

  #remember(key: string, event: Remembered): void {
    this.#recent.delete(key);
    this.#recent.set(key, event);
    if (this.#recent.size <= REMEMBERED_MAX) return;
    const oldest = this.#recent.keys().next();
    if (!oldest.done) this.#recent.delete(oldest.value);
  }
}

function involved({ apiVersion, kind, metadata }: KubeObject): JsonObject {
  return {
    apiVersion,
    kind,
    name: metadata.name,
    namespace: metadata.namespace,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
  };
}
