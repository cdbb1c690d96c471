// Turns the rendered manifests of one Cluster API manager into what a manager
// outside of any cluster needs: namespaces and definitions, and webhook
// configurations that call it at an address on loopback. Deployments, RBAC and
// certificates are left out. A program for the suites.
// Usage: managers_manifests.ts RENDERED CA_FILE WEBHOOK_PORT OUT_DEFINITIONS OUT_WEBHOOKS

import { encodeBase64 } from "../../runtime/base64.ts";
import { parseAll, stringify } from "@std/yaml";

interface ClientConfig {
  service?: { path?: string };
  url?: string;
  caBundle?: string;
}
interface Manifest {
  kind: string;
  metadata: { annotations?: Record<string, string> };
  webhooks?: { clientConfig: ClientConfig }[];
  spec?: { conversion?: { webhook?: { clientConfig?: ClientConfig } } };
}

const [rendered = "", authority = "", port = "", definitionsFile = "", webhooksFile = ""] =
  Deno.args;
const caBundle = encodeBase64(await Deno.readFile(authority));

function redirect(config: ClientConfig): void {
  config.url = `https://127.0.0.1:${port}${config.service?.path ?? ""}`;
  config.caBundle = caBundle;
  delete config.service;
}

const definitions: Manifest[] = [];
const configurations: Manifest[] = [];
for (const manifest of parseAll(await Deno.readTextFile(rendered)) as Manifest[]) {
  delete manifest.metadata.annotations?.["cert-manager.io/inject-ca-from"];
  const conversion = manifest.spec?.conversion?.webhook?.clientConfig;
  if (conversion !== undefined) redirect(conversion);
  for (const { clientConfig } of manifest.webhooks ?? []) redirect(clientConfig);
  if (["Namespace", "CustomResourceDefinition"].includes(manifest.kind)) definitions.push(manifest);
  if (manifest.kind.endsWith("WebhookConfiguration")) configurations.push(manifest);
}
const write = (file: string, manifests: Manifest[]) =>
  Deno.writeTextFile(file, manifests.map((manifest) => stringify(manifest)).join("---\n"));
await write(definitionsFile, definitions);
await write(webhooksFile, configurations);
