// The Secrets of a control plane: certificates, made before it is
// initialised and only looked up afterwards, and the administrator's
// kubeconfig, renewed at half its life. Source: Cluster API's
// KubeadmControlPlane.

import { clone, type KubeObject } from "../../../runtime/object.ts";
import {
  controllerReference,
  ensureOwner,
  isControlledBy,
  removeOwners,
} from "../../../runtime/owner.ts";
import { patchObject } from "../../../runtime/reconcile/patch_helper.ts";
import type { Result } from "../../../runtime/reconcile/types.ts";
import { INTERNAL_ERROR_MESSAGE, setCondition } from "../conditions.ts";
import { markV1Beta1False, markV1Beta1True } from "../conditions_v1beta1.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import {
  certificateSettings,
  CLUSTER_SECRET_TYPE,
  type ClusterCertificate,
  clusterSecret,
  clusterSecretName,
  controlPlaneCertificates,
  createMissingCertificates,
  lookUpCertificates,
  pairOf,
} from "./certificates.ts";
import type { ControlPlane } from "./control_plane.ts";
import { createKubeconfig, hostPort, needsRenewal, serverOf } from "./kubeconfig.ts";
import { RESOURCES } from "./names.ts";
import { getOrUndefined } from "./reads.ts";
import { type ControlPlaneServices, errorText } from "./services.ts";

const TYPE = "CertificatesAvailable";
const MISSING_AUTHORITY_WAIT_MS = 30_000;

/** Looks the certificates up, makes what is missing before initialisation, owns what controllers made. */
export async function reconcileCertificates(
  services: ControlPlaneServices,
  controlPlane: ControlPlane,
): Promise<void> {
  const { client, clock } = services;
  const { kcp, namespace, clusterName } = controlPlane;
  const configuration = kcp.spec?.kubeadmConfigSpec?.clusterConfiguration;
  const certificates = controlPlaneCertificates(configuration);
  const now = clock.now();
  try {
    await lookUpCertificates(client, namespace, clusterName, certificates);
    if (!controlPlane.initialized) {
      await createMissingCertificates(
        client,
        namespace,
        clusterName,
        certificates,
        controllerReference(kcp),
        certificateSettings(configuration),
        now,
      );
    }
    await Promise.all(certificates.map(({ secret }) => secret && own(services, kcp, secret)));
  } catch (error) {
    const message = INTERNAL_ERROR_MESSAGE;
    setCondition(kcp, { type: TYPE, status: "Unknown", reason: "InternalError", message }, now);
    const text = errorText(error);
    markV1Beta1False(kcp, TYPE, "CertificatesGenerationFailed", "Warning", text, now);
    throw error;
  }
  report(kcp, certificates, now);
}

function report(
  kcp: KubeObject,
  certificates: readonly ClusterCertificate[],
  now_ms: number,
): void {
  const missing = certificates.filter(({ pair }) => pair === undefined).map(({ purpose }) =>
    purpose
  );
  if (missing.length === 0) {
    setCondition(kcp, { type: TYPE, status: "True", reason: "Available" }, now_ms);
    markV1Beta1True(kcp, TYPE, now_ms);
    return;
  }
  const message = `Missing certificates: ${missing.join(", ")}`;
  setCondition(kcp, { type: TYPE, status: "False", reason: "NotAvailable", message }, now_ms);
  markV1Beta1False(kcp, TYPE, "CertificatesGenerationFailed", "Error", message, now_ms);
}

/** Makes the KubeadmControlPlane the controller of a Secret that controllers made. */
async function own(
  { client }: ControlPlaneServices,
  kcp: KubeObject,
  secret: KubeObject,
): Promise<void> {
  if (secret.type !== CLUSTER_SECRET_TYPE || isControlledBy(secret, kcp)) return;
  const owned = clone(secret);
  removeOwners(owned, ({ controller, uid }) => controller === true && uid !== kcp.metadata.uid);
  ensureOwner(owned, controllerReference(kcp));
  await patchObject(client, RESOURCES.secrets, secret, owned);
}

/** Makes the kubeconfig Secret, or renews its client certificate. */
export async function reconcileKubeconfig(
  services: ControlPlaneServices,
  controlPlane: ControlPlane,
): Promise<Result | undefined> {
  const { client, clock } = services;
  const { kcp, namespace, clusterName, cluster } = controlPlane;
  const name = clusterSecretName(clusterName, "kubeconfig");
  const existing = await getOrUndefined(client, RESOURCES.secrets, { namespace, name });
  if (existing === undefined) {
    const text = await newKubeconfig(
      services,
      controlPlane,
      `https://${hostPort(cluster.spec.controlPlaneEndpoint)}`,
    );
    if (text === undefined) return { requeueAfter_ms: MISSING_AUTHORITY_WAIT_MS };
    const owner = controllerReference(kcp);
    await client.create(
      RESOURCES.secrets,
      clusterSecret(namespace, clusterName, "kubeconfig", owner, { value: text }),
    );
    return undefined;
  }
  if (existing.type !== CLUSTER_SECRET_TYPE) return undefined;
  await own(services, kcp, existing);
  const text = fromBase64(existing.data?.value ?? "");
  if (!needsRenewal(text, clock.now())) return undefined;
  const server = serverOf(text);
  if (server === undefined) throw new Error(`secret "${namespace}/${name}" names no server`);
  const renewed = await newKubeconfig(services, controlPlane, server);
  if (renewed === undefined) return { requeueAfter_ms: MISSING_AUTHORITY_WAIT_MS };
  await client.patch(RESOURCES.secrets, { namespace, name }, "merge", {
    data: { value: toBase64(renewed) },
  });
  return undefined;
}

/** A kubeconfig for this server; `undefined` while there is no authority. */
async function newKubeconfig(
  { client, clock, clusters }: ControlPlaneServices,
  { kcp, namespace, clusterName }: ControlPlane,
  server: string,
): Promise<string | undefined> {
  const authority = await getOrUndefined(client, RESOURCES.secrets, {
    namespace,
    name: clusterSecretName(clusterName, "ca"),
  });
  if (authority === undefined) return undefined;
  const { algorithm } = certificateSettings(kcp.spec?.kubeadmConfigSpec?.clusterConfiguration);
  return createKubeconfig({
    cluster: clusterName,
    server,
    authority: pairOf(authority),
    reach: await clusters.reach?.(namespace, clusterName),
    now_ms: clock.now(),
    ...(algorithm === undefined ? {} : { algorithm }),
  });
}
