// What a machine made from a template offers, written into the template's
// status, from where an autoscaler reads it before there is any machine.
// Source: the infrastructure contract, autoscaling from zero.

import { clone, equal, type KubeObject } from "../../runtime/object.ts";
import { patchObject } from "../../runtime/reconcile/patch_helper.ts";
import type { Reconciler, Request } from "../../runtime/reconcile/types.ts";
import type { Client, ResourceRef } from "../../runtime/client.ts";
import { getOrUndefined } from "../capi/kubeadm/reads.ts";
import { NODE_ARCHITECTURE, NODE_CAPACITY, NODE_OPERATING_SYSTEM } from "./workload/node.ts";

/** Whether a template is to be told of. */
export type HandlesTemplate = (object: KubeObject) => boolean;

/** Reconciles templates of infrastructure machines. */
export class MachineTemplateReconciler implements Reconciler {
  readonly #client: Client;
  readonly #templates: ResourceRef;
  readonly #handles: HandlesTemplate;

  /** Looks after that resource. */
  constructor(client: Client, templates: ResourceRef, handles: HandlesTemplate) {
    this.#client = client;
    this.#templates = templates;
    this.#handles = handles;
  }

  /** Looks at one template. */
  async reconcile(request: Request): Promise<void> {
    const object = await getOrUndefined(this.#client, this.#templates, request);
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return;
    if (!this.#handles(object)) return;
    const after = clone(object);
    after.status = {
      ...after.status,
      capacity: { ...NODE_CAPACITY },
      nodeInfo: { architecture: NODE_ARCHITECTURE, operatingSystem: NODE_OPERATING_SYSTEM },
    };
    if (equal(after.status, object.status ?? {})) return;
    await patchObject(this.#client, this.#templates, object, after);
  }
}
