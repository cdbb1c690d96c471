// Remediation by somebody else: an object made from a template, named as the
// unhealthy Machine, that is taken back when the Machine recovers. Source:
// Cluster API's MachineHealthCheck, `remediation.templateRef`.

import type { ResourceRef } from "../../../runtime/client.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { ownerReference } from "../../../runtime/owner.ts";
import { setCondition } from "../conditions.ts";
import { markV1Beta1False } from "../conditions_v1beta1.ts";
import { CLUSTER_NAME_LABEL } from "../kubeadm/names.ts";
import { getOrUndefined, isNotFound } from "../kubeadm/reads.ts";
import { errorText } from "../kubeadm/services.ts";
import { clonedKind, cloneFromTemplate } from "./clone_template.ts";
import { pluralOf } from "./contract.ts";
import type { CoreContext } from "./core_context.ts";

const EXTERNALLY_REMEDIATED = "ExternallyRemediated";

interface TemplateReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** Makes and takes back remediation requests. */
export class ExternalRemediation {
  readonly #context: CoreContext;

  /** Reads and writes the management cluster. */
  constructor(context: CoreContext) {
    this.#context = context;
  }

  /** Whether a Machine has a request already. */
  async exists(check: KubeObject, machine: KubeObject): Promise<boolean> {
    return await this.#requestOf(check, machine) !== undefined;
  }

  /** Makes a request; the Machine's condition says how that went. */
  async request(check: KubeObject, machine: KubeObject): Promise<void> {
    const { client, clock } = this.#context;
    const { apiVersion, kind, name }: TemplateReference = check.spec.remediation.templateRef;
    const { namespace = "" } = check.metadata;
    const now_ms = clock.now();
    const say = (reason: string, message = "") =>
      setCondition(
        machine,
        { type: EXTERNALLY_REMEDIATED, status: "False", reason, message },
        now_ms,
      );
    const complain = (type: string, reason: string, error: unknown) =>
      markV1Beta1False(check, type, reason, "Error", errorText(error), now_ms);
    let template: KubeObject;
    try {
      template = await client.get({ apiVersion, resource: pluralOf(kind) }, { namespace, name });
    } catch (error) {
      const type = "ExternalRemediationTemplateAvailable";
      complain(type, "ExternalRemediationTemplateNotFound", error);
      say(
        "RemediationTemplateNotFound",
        `Error retrieving remediation template ${kind} ${namespace}/${name}`,
      );
      throw error;
    }
    try {
      const wanted = cloneFromTemplate(template, {
        name: machine.metadata.name ?? "",
        labels: { [CLUSTER_NAME_LABEL]: machine.spec?.clusterName ?? "" },
        owner: ownerReference(machine),
      });
      await client.create(requestRef({ apiVersion, kind }), wanted);
    } catch (error) {
      const type = "ExternalRemediationRequestAvailable";
      complain(type, "ExternalRemediationRequestCreationFailed", error);
      say("RemediationRequestCreationFailed", "Please check controller logs for errors");
      throw error;
    }
    say("WaitingForRemediation");
  }

  /** Takes a request back. */
  async withdraw(check: KubeObject, machine: KubeObject): Promise<void> {
    const request = await this.#requestOf(check, machine);
    if (request === undefined || request.metadata.deletionTimestamp !== undefined) return;
    const { namespace = "", name = "" } = request.metadata;
    try {
      await this.#context.client.delete(
        requestRef(check.spec.remediation.templateRef),
        { namespace, name },
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #requestOf(check: KubeObject, machine: KubeObject): Promise<KubeObject | undefined> {
    return await getOrUndefined(
      this.#context.client,
      requestRef(check.spec.remediation.templateRef),
      { namespace: check.metadata.namespace ?? "", name: machine.metadata.name ?? "" },
    );
  }
}

function requestRef({ apiVersion, kind }: Omit<TemplateReference, "name">): ResourceRef {
  return { apiVersion, resource: pluralOf(clonedKind(kind)) };
}
