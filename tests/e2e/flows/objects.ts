// Reads and writes objects on a server by kind and name, at the versions that
// the run is about.

import { sleep, systemClock } from "../../../runtime/clock.ts";
import type { JsonObject, KubeObject } from "../../../runtime/object.ts";
import { type Answer, Api } from "../api.ts";

/** Where a kind is served. */
export interface Place {
  /** `/apis/cluster.x-k8s.io/v1beta2` or `/api/v1`. */
  readonly root: string;
  readonly resource: string;
  readonly namespaced: boolean;
}

/** What a place is asked for with. */
export interface Selection {
  readonly namespace?: string;
  readonly name?: string;
  readonly labels?: string;
}

const RETRY_MS = 500;
const RETRIES_MAX = 60;

/**
 * Throws when the server refuses. Waits for half a minute while the server, or a webhook of its, cannot be reached:
 * some runs kill what is behind them.
 */
export class Objects implements Disposable {
  readonly #api: Api;

  /** With the text of a kubeconfig. */
  constructor(kubeconfig: string) {
    this.#api = new Api(kubeconfig);
  }

  /** One object, or nothing. */
  async find(place: Place, selection: Selection): Promise<KubeObject | undefined> {
    const answer = await this.send("GET", pathOf(place, selection));
    return answer.status === 404 ? undefined : accepted("get", answer);
  }

  /** One object that must be there. */
  async get(place: Place, selection: Selection): Promise<KubeObject> {
    return accepted("get", await this.send("GET", pathOf(place, selection)));
  }

  /** All of them. */
  async list(place: Place, selection: Selection = {}): Promise<KubeObject[]> {
    const list = accepted("list", await this.send("GET", pathOf(place, selection)));
    return list["items"] ?? [];
  }

  /** Makes an object; one that is there already is left. */
  async create(place: Place, object: KubeObject): Promise<void> {
    const { namespace = "" } = object.metadata;
    const path = pathOf(place, place.namespaced ? { namespace } : {});
    const answer = await this.send("POST", path, object as unknown as JsonObject);
    if (answer.status !== 409) accepted(`create ${object.kind}`, answer);
  }

  /** Replaces an object. */
  async update(place: Place, object: KubeObject): Promise<KubeObject> {
    const { namespace = "", name = "" } = object.metadata;
    const path = pathOf(place, { namespace, name });
    return accepted("update", await this.send("PUT", path, object as unknown as JsonObject));
  }

  /** Changes an object by a merge patch. */
  async patch(
    place: Place,
    selection: Selection,
    patch: JsonObject,
    subresource = "",
  ): Promise<KubeObject> {
    const path = pathOf(place, selection) + (subresource === "" ? "" : `/${subresource}`);
    const headers = { "content-type": "application/merge-patch+json" };
    return accepted("patch", await this.send("PATCH", path, patch, headers));
  }

  /** Asks for deletion; what is gone already is no matter. */
  async delete(place: Place, selection: Selection): Promise<void> {
    const answer = await this.send("DELETE", pathOf(place, selection));
    if (answer.status !== 404) accepted("delete", answer);
  }

  /** Any request. */
  send(
    method: string,
    path: string,
    body?: JsonObject,
    headers?: Record<string, string>,
  ): Promise<Answer> {
    return this.#insist(() => this.#api.send(method, path, body, headers));
  }

  /** Closes connections. */
  [Symbol.dispose](): void {
    this.#api[Symbol.dispose]();
  }

  async #insist(send: () => Promise<Answer>): Promise<Answer> {
    for (let attempt = 1;; attempt++) {
      try {
        const answer = await send();
        const unreachable = /failed calling webhook.*(refused|EOF|reset)/;
        if (answer.status !== 500 || !unreachable.test(String(answer.body["message"]))) {
          return answer;
        }
        if (attempt >= RETRIES_MAX) return answer;
      } catch (error) {
        if (!(error instanceof TypeError) || attempt >= RETRIES_MAX) throw error;
      }
      await sleep(systemClock, RETRY_MS);
    }
  }
}

function pathOf({ root, resource }: Place, { namespace, name, labels }: Selection): string {
  const within = namespace === undefined || namespace === "" ? "" : `/namespaces/${namespace}`;
  const query = labels === undefined ? "" : `?labelSelector=${encodeURIComponent(labels)}`;
  return `${root}${within}/${resource}${name === undefined ? "" : `/${name}`}${query}`;
}

function accepted(what: string, { status, body }: Answer): KubeObject {
  if (status >= 400) {
    throw new Error(`${what}: ${status} ${body["message"] ?? JSON.stringify(body).slice(0, 300)}`);
  }
  return body as unknown as KubeObject;
}
