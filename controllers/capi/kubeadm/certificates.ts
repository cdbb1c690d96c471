// The certificate authorities of a cluster and its service account keys, as
// Secrets `<cluster>-<purpose>`: finding them, making those that are
// missing. Source: Cluster API's cluster certificates contract.

import { createPublicKey } from "node:crypto";
import {
  createAuthority,
  generateKey,
  type KeyAlgorithm,
  type KeyPair,
  keyToPem,
} from "../../../runtime/pki/mod.ts";
import type { Client } from "../../../runtime/client.ts";
import type { KubeObject, OwnerReference } from "../../../runtime/object.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { getOrUndefined } from "./reads.ts";
import { CLUSTER_NAME_LABEL, RESOURCES } from "./names.ts";

/** The type of Secrets that controllers made and may change. Secrets of another type are the user's. */
export const CLUSTER_SECRET_TYPE = "cluster.x-k8s.io/secret";

/** What a certificate Secret is for: the end of its name. */
export type CertificatePurpose =
  | "ca"
  | "etcd"
  | "proxy"
  | "sa"
  | "apiserver-etcd-client";

/** One of a cluster's certificates: where it lives on nodes, and its Secret once known. */
export interface ClusterCertificate {
  readonly purpose: CertificatePurpose;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Brought by the user: never made here, and its key may be absent. */
  readonly external: boolean;
  pair?: KeyPair;
  secret?: KubeObject;
  /** Whether this call made it. */
  generated?: boolean;
}

/** How new authorities are made. */
export interface CertificateSettings {
  readonly algorithm?: KeyAlgorithm;
  readonly days?: number;
}

/** Where kubeadm keeps certificates on a node. */
export const DEFAULT_CERTIFICATES_DIR = "/etc/kubernetes/pki";

/** The certificates of a control plane with this ClusterConfiguration. */
export function controlPlaneCertificates(
  clusterConfiguration: KubeObject["spec"],
): ClusterCertificate[] {
  const dir = clusterConfiguration?.certificatesDir || DEFAULT_CERTIFICATES_DIR;
  const external = clusterConfiguration?.etcd?.external;
  const own = (
    purpose: CertificatePurpose,
    file: string,
  ): ClusterCertificate => ({
    purpose,
    certificateFile: `${dir}/${file}.crt`,
    keyFile: `${dir}/${file}.key`,
    external: false,
  });
  return [
    own("ca", "ca"),
    external === undefined ? own("etcd", "etcd/ca") : {
      purpose: "etcd",
      certificateFile: external.caFile,
      keyFile: "",
      external: true,
    },
    own("proxy", "front-proxy-ca"),
    {
      purpose: "sa",
      certificateFile: `${dir}/sa.pub`,
      keyFile: `${dir}/sa.key`,
      external: false,
    },
    ...(external === undefined ? [] : [{
      purpose: "apiserver-etcd-client" as const,
      certificateFile: external.certFile,
      keyFile: external.keyFile,
      external: true,
    }]),
  ];
}

/** The one certificate that a worker needs. */
export function workerCertificates(
  caCertPath: string | undefined,
): ClusterCertificate[] {
  return [{
    purpose: "ca",
    certificateFile: caCertPath || `${DEFAULT_CERTIFICATES_DIR}/ca.crt`,
    keyFile: "",
    external: false,
  }];
}

/** The name of a Secret of a cluster. */
export function clusterSecretName(cluster: string, purpose: string): string {
  return `${cluster}-${purpose}`;
}

/** Fills in what Secrets there are. Throws when one is malformed. */
export async function lookUpCertificates(
  client: Client,
  namespace: string,
  cluster: string,
  certificates: readonly ClusterCertificate[],
): Promise<void> {
  await Promise.all(certificates.map(async (certificate) => {
    const name = clusterSecretName(cluster, certificate.purpose);
    const secret = await getOrUndefined(client, RESOURCES.secrets, {
      namespace,
      name,
    });
    if (secret === undefined) {
      if (certificate.external) {
        throw new Error(`secret "${namespace}/${name}" not found`);
      }
      return;
    }
    certificate.secret = secret;
    certificate.pair = pairOf(secret);
  }));
}

/** The certificate and key of a Secret. Throws when it has no certificate. */
export function pairOf(secret: KubeObject): KeyPair {
  const certificate = secret.data?.["tls.crt"];
  if (certificate === undefined) {
    throw new Error(
      `missing data for key tls.crt in secret "${secret.metadata.namespace}/${secret.metadata.name}"`,
    );
  }
  return {
    certificate: fromBase64(certificate),
    key: fromBase64(secret.data["tls.key"] ?? ""),
  };
}

/** Makes and stores those that have not been found. */
export async function createMissingCertificates(
  client: Client,
  namespace: string,
  cluster: string,
  certificates: readonly ClusterCertificate[],
  owner: OwnerReference,
  settings: CertificateSettings,
  now_ms: number,
): Promise<void> {
  for (const certificate of certificates) {
    if (certificate.pair !== undefined || certificate.external) continue;
    const pair = generate(certificate.purpose, settings, now_ms);
    certificate.secret = await client.create(
      RESOURCES.secrets,
      clusterSecret(namespace, cluster, certificate.purpose, owner, {
        "tls.crt": pair.certificate,
        "tls.key": pair.key,
      }),
    );
    certificate.pair = pair;
    certificate.generated = true;
  }
}

/** A Secret that belongs to a cluster. `data` is plain text. */
export function clusterSecret(
  namespace: string,
  cluster: string,
  purpose: string,
  owner: OwnerReference,
  data: Readonly<Record<string, string>>,
): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      namespace,
      name: clusterSecretName(cluster, purpose),
      labels: { [CLUSTER_NAME_LABEL]: cluster },
      ownerReferences: [owner],
    },
    type: CLUSTER_SECRET_TYPE,
    data: Object.fromEntries(
      Object.entries(data).map(([key, text]) => [key, toBase64(text)]),
    ),
  };
}

function generate(
  purpose: CertificatePurpose,
  settings: CertificateSettings,
  now_ms: number,
): KeyPair {
  const { algorithm, days } = settings;
  if (purpose === "sa") {
    const key = generateKey(algorithm);
    const certificate = createPublicKey(key).export({
      type: "spki",
      format: "pem",
    }) as string;
    return { certificate, key: keyToPem(key) };
  }
  return createAuthority({
    commonName: "kubernetes",
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(days === undefined ? {} : { days }),
    now_ms,
  });
}

/** How a ClusterConfiguration wants its authorities made. */
export function certificateSettings(
  clusterConfiguration: KubeObject["spec"],
): CertificateSettings {
  const days = clusterConfiguration?.caCertificateValidityPeriodDays;
  const algorithm = clusterConfiguration?.encryptionAlgorithm;
  return {
    ...(days ? { days } : {}),
    ...(algorithm ? { algorithm } : {}),
  };
}
