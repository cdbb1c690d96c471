// The user's files and accounts of a KubeadmConfig with their contents and
// passwords read from Secrets and templates filled in.

import type { Client } from "../../../runtime/client.ts";
import type { JsonObject, KubeObject } from "../../../runtime/object.ts";
import { fromBase64 } from "./base64.ts";
import type { BootstrapFile } from "./bootstrap_data.ts";
import { RESOURCES } from "./names.ts";
import { getOrUndefined } from "./reads.ts";

const RENDERED_BYTES_MAX = 1 << 20;

/** The files with their final contents. `controlPlaneVersion` is what templates may ask for. */
export async function resolveFiles(
  client: Client,
  config: KubeObject,
  controlPlaneVersion: string | undefined,
): Promise<BootstrapFile[]> {
  const files = (config.spec?.files ?? []) as JsonObject[];
  return await Promise.all(files.map(async (file): Promise<BootstrapFile> => {
    const { contentFrom, contentFormat, content: inline, ...rest } = file;
    let content = contentFrom === undefined
      ? String(inline ?? "")
      : await readSecret(client, config, contentFrom as JsonObject);
    if (contentFormat === "Template") {
      content = renderTemplate(content, controlPlaneVersion, String(file.path));
    }
    return { ...(rest as unknown as Omit<BootstrapFile, "content">), content };
  }));
}

/** The accounts with their passwords. */
export async function resolveUsers(
  client: Client,
  config: KubeObject,
): Promise<JsonObject[]> {
  const users = (config.spec?.users ?? []) as JsonObject[];
  return await Promise.all(
    users.map(async ({ passwdFrom, ...user }) =>
      passwdFrom === undefined
        ? user
        : { ...user, passwd: await readSecret(client, config, passwdFrom as JsonObject) }
    ),
  );
}

async function readSecret(
  client: Client,
  config: KubeObject,
  source: JsonObject,
): Promise<string> {
  const { name, key } = source.secret as { name: string; key: string };
  const { namespace = "" } = config.metadata;
  const secret = await getOrUndefined(client, RESOURCES.secrets, { namespace, name });
  if (secret === undefined) throw new Error(`secret not found: ${namespace}/${name}`);
  const data = secret.data?.[key];
  if (data === undefined) {
    throw new Error(`secret references non-existent secret key: "${key}"`);
  }
  return fromBase64(data);
}

/** Fills in `{{ .controlPlane.version }}`, the one value that file templates are given. Throws on anything else. */
export function renderTemplate(
  template: string,
  controlPlaneVersion: string | undefined,
  path: string,
): string {
  const rendered = template.replace(/\{\{(-?)\s*([^]*?)\s*(-?)\}\}/g, (_, _left, expression) => {
    if (expression.startsWith("/*") && expression.endsWith("*/")) return "";
    if (expression !== ".controlPlane.version") {
      throw new Error(`file "${path}": template expression "${expression}" is not supported`);
    }
    return controlPlaneVersion ?? "<no value>";
  });
  if (new TextEncoder().encode(rendered).length > RENDERED_BYTES_MAX) {
    throw new Error(
      `file "${path}": the rendered template is larger than ${RENDERED_BYTES_MAX} bytes`,
    );
  }
  return rendered;
}
