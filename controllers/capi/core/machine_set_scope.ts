// A MachineSet as one reconcile sees it.

import type { KubeObject } from "../../../runtime/object.ts";
import { controllerOf } from "../../../runtime/owner.ts";

/** One MachineSet in one reconcile. */
export class MachineSetScope {
  /** The Machines it controls; `undefined` when they could not be read. */
  machines: KubeObject[] | undefined;
  bootstrapTemplate: KubeObject | undefined;
  bootstrapTemplateMissing = false;
  infrastructureTemplate: KubeObject | undefined;
  infrastructureTemplateMissing = false;
  /** Why no Machine may be made now. */
  preflight: readonly string[] = [];
  deployment: KubeObject | undefined;

  /** `before` as it was read, `set` a copy to be changed. */
  constructor(
    readonly before: KubeObject,
    readonly set: KubeObject,
    readonly cluster: KubeObject,
  ) {}

  /** The namespace of everything. */
  get namespace(): string {
    return this.set.metadata.namespace ?? "";
  }

  /** The MachineSet's name. */
  get name(): string {
    return this.set.metadata.name ?? "";
  }

  /** Whether it is being deleted. */
  get isDeleting(): boolean {
    return this.set.metadata.deletionTimestamp !== undefined;
  }

  /** Whether a MachineDeployment controls it. */
  get isOfDeployment(): boolean {
    return controllerOf(this.set)?.kind === "MachineDeployment";
  }

  /** How many Machines there are to be. */
  get desired(): number {
    return this.isDeleting ? 0 : this.set.spec?.replicas ?? 0;
  }

  /** The Machines as far as they could be read. */
  get known(): readonly KubeObject[] {
    return this.machines ?? [];
  }
}
