// The Secret that holds a machine's bootstrap data, named like its
// KubeadmConfig. Source: Cluster API's bootstrap provider contract.

import type { Client } from "../../../runtime/client.ts";
import { controllerReference } from "../../../runtime/owner.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { StatusError } from "../../../runtime/status.ts";
import { toBase64 } from "./base64.ts";
import { CLUSTER_SECRET_TYPE } from "./certificates.ts";
import { CLUSTER_NAME_LABEL, RESOURCES } from "./names.ts";

/** Creates or replaces the data Secret of a KubeadmConfig. */
export async function storeBootstrapData(
  client: Client,
  config: KubeObject,
  cluster: string,
  data: string,
): Promise<void> {
  const { namespace = "", name = "" } = config.metadata;
  const secret: KubeObject = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      namespace,
      name,
      labels: { [CLUSTER_NAME_LABEL]: cluster },
      ownerReferences: [controllerReference(config)],
    },
    type: CLUSTER_SECRET_TYPE,
    data: {
      value: toBase64(data),
      format: toBase64(config.spec?.format || "cloud-config"),
    },
  };
  try {
    await client.create(RESOURCES.secrets, secret);
  } catch (error) {
    if (!(error instanceof StatusError && error.reason === "AlreadyExists")) throw error;
    await client.update(RESOURCES.secrets, secret);
  }
}
