// Notes on each KubeadmConfig when its Machine's API server certificate
// ends, once: the Machine controller copies it, rollouts before expiry rest
// on it. Source: Cluster API's KubeadmControlPlane.

import { rfc3339 } from "../../../runtime/clock.ts";
import { type ControlPlane, isBeingDeleted, nodeNameOf } from "./control_plane.ts";
import { CERTIFICATES_EXPIRY_ANNOTATION, RESOURCES } from "./names.ts";
import type { ControlPlaneServices } from "./services.ts";

/** Notes what is not noted yet and can be known. */
export async function noteCertificateExpiry(
  { client, clusters }: Pick<ControlPlaneServices, "client" | "clusters">,
  controlPlane: ControlPlane,
): Promise<void> {
  const { namespace, clusterName } = controlPlane;
  await Promise.all(controlPlane.machines.map(async (one) => {
    const node = nodeNameOf(one);
    const config = one.config?.metadata;
    if (node === undefined || config === undefined || isBeingDeleted(one)) return;
    if (config.annotations?.[CERTIFICATES_EXPIRY_ANNOTATION] !== undefined) return;
    const expiry_ms = await clusters.certificateExpiry_ms?.(namespace, clusterName, node);
    if (expiry_ms === undefined) return;
    await client.patch(RESOURCES.kubeadmConfigs, { namespace, name: config.name ?? "" }, "merge", {
      metadata: { annotations: { [CERTIFICATES_EXPIRY_ANNOTATION]: rfc3339(expiry_ms) } },
    });
  }));
}
