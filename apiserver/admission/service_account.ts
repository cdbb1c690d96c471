// Admission plugin ServiceAccount: every pod runs as a service account that
// exists, and finds its token where it expects it. Source:
// plugin/pkg/admission/serviceaccount.

import type { KubeObject } from "../../runtime/object.ts";
import { nameSuffix, type Random } from "../../runtime/random.ts";
import { items, type Part } from "../kinds/part.ts";
import { lookupProblem } from "./lookup_name.ts";
import type { AdmissionAttributes, AdmissionPlugin, AdmissionServices } from "./plugin.ts";
import { isFor, refuse } from "./refusal.ts";

const DEFAULT_ACCOUNT = "default";
const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";
const ENFORCE_ANNOTATION = "kubernetes.io/enforce-mountable-secrets";
const VOLUME_PREFIX = "kube-api-access-";
const MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
/** An hour and a bit: tells tokens for pods from others (WarnOnlyBoundTokenExpirationSeconds). */
const TOKEN_LIFETIME_S = 3607;
const DEFAULT_MODE = 0o644;
const TRUE: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);

function handles(attributes: AdmissionAttributes): boolean {
  const { target, operation } = attributes;
  return isFor(attributes, "/pods")
    ? operation === "CREATE"
    : operation === "UPDATE" && target.definition.storage === "/pods" &&
      target.subresource?.name === "ephemeralcontainers";
}

function isMirror(pod: KubeObject): boolean {
  return pod.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined;
}

function admit(attributes: AdmissionAttributes, services: AdmissionServices): void {
  const pod = attributes.object!;
  if (attributes.operation !== "CREATE") return;
  if (isMirror(pod)) return validate(attributes, services);
  const spec: Part = pod["spec"] ??= {};
  if (!spec.serviceAccountName) {
    spec.serviceAccountName = spec.serviceAccount = DEFAULT_ACCOUNT;
  }
  const account = accountOf(attributes, services);
  const automount = spec.automountServiceAccountToken ??
    account["automountServiceAccountToken"] ?? true;
  if (automount) mountToken(spec, services.random);
  const secrets = items(account["imagePullSecrets"]);
  if (items(spec.imagePullSecrets).length === 0 && secrets.length > 0) {
    spec.imagePullSecrets = secrets.map((secret) => ({ ...secret }));
  }
  validate(attributes, services);
}

function accountOf(attributes: AdmissionAttributes, { store }: AdmissionServices): KubeObject {
  const { namespace } = attributes.target;
  const name: string = attributes.object!["spec"].serviceAccountName;
  const found = store.get("/serviceaccounts", `${namespace}/${name}`);
  if (found === undefined) {
    throw refuse(
      attributes,
      `error looking up service account ${namespace}/${name}: ${
        lookupProblem(name) ?? `serviceaccount ${JSON.stringify(name)} not found`
      }`,
    );
  }
  return found.object;
}

/** Gives each container that has nothing at that place the token. */
function mountToken(spec: Part, random: Random): void {
  const volumes = items(spec.volumes);
  const present = volumes.find(({ name }) => name.startsWith(VOLUME_PREFIX));
  const volume = present?.name ?? `${VOLUME_PREFIX}${nameSuffix(random)}`;
  let needed = false;
  for (const container of [...items(spec.initContainers), ...items(spec.containers)]) {
    const mounts = items(container.volumeMounts);
    if (mounts.some(({ mountPath }) => mountPath === MOUNT_PATH)) continue;
    container.volumeMounts = [...mounts, { name: volume, readOnly: true, mountPath: MOUNT_PATH }];
    needed = true;
  }
  if (needed && present === undefined) spec.volumes = [...volumes, tokenVolume(volume)];
}

function tokenVolume(name: string): Part {
  const fieldRef = { apiVersion: "v1", fieldPath: "metadata.namespace" };
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_LIFETIME_S, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        { downwardAPI: { items: [{ path: "namespace", fieldRef }] } },
      ],
      defaultMode: DEFAULT_MODE,
    },
  };
}

function validate(attributes: AdmissionAttributes, services: AdmissionServices): void {
  const pod = attributes.object!;
  const spec: Part = pod["spec"] ?? {};
  if (isMirror(pod) && attributes.operation === "CREATE") {
    const wrong = mirrorViolation(spec);
    if (wrong !== undefined) throw refuse(attributes, wrong);
    return;
  }
  if (!spec.serviceAccountName) {
    const { namespace } = attributes.target;
    throw refuse(
      attributes,
      `no service account specified for pod ${namespace}/${pod.metadata.name}`,
    );
  }
  const account = accountOf(attributes, services);
  if (!TRUE.has(account.metadata.annotations?.[ENFORCE_ANNOTATION] ?? "")) return;
  const wrong = secretViolation(spec, account);
  if (wrong !== undefined) throw refuse(attributes, wrong);
}

function mirrorViolation(spec: Part): string | undefined {
  if (spec.serviceAccountName) return "a mirror pod may not reference service accounts";
  const volumes = items(spec.volumes);
  const containers = [...items(spec.initContainers), ...items(spec.containers)];
  const references = (member: string, from: string) =>
    containers.some(({ env, envFrom }) =>
      items(env).some(({ valueFrom }) => valueFrom?.[member]) ||
      items(envFrom).some((source) => source[from])
    );
  const projected = volumes.flatMap(({ projected }) => items(projected?.sources));
  if (
    references("secretKeyRef", "secretRef") || items(spec.imagePullSecrets).length > 0 ||
    [...volumes, ...projected].some(({ secret }) => secret !== undefined)
  ) return "a mirror pod may not reference secrets";
  if (
    references("configMapKeyRef", "configMapRef") ||
    [...volumes, ...projected].some(({ configMap }) => configMap !== undefined)
  ) return "a mirror pod may not reference configmaps";
  if (volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined)) {
    return "a mirror pod may not reference persistentvolumeclaims";
  }
  return projected.some(({ serviceAccountToken }) => serviceAccountToken !== undefined)
    ? "a mirror pod may not use ServiceAccountToken volume projections"
    : undefined;
}

/** The first use of a secret that the account does not list. */
function secretViolation(spec: Part, account: KubeObject): string | undefined {
  const names = (list: unknown) => new Set(items(list).map(({ name }) => name));
  const secrets = names(account["secrets"]);
  const pull = names(account["imagePullSecrets"]);
  const account_ = account.metadata.name;
  const refused = (use: string, what = "secret") =>
    `${use} is not allowed because service account ${account_} does not reference that ${what}`;
  for (const { secret } of items(spec.volumes)) {
    if (secret !== undefined && !secrets.has(secret.secretName)) {
      return refused(`volume with secret.secretName="${secret.secretName}"`);
    }
  }
  const kinds = [["initContainers", "init container"], ["containers", "container"], [
    "ephemeralContainers",
    "ephemeral container",
  ]] as const;
  for (const [member, called] of kinds) {
    for (const { name, env, envFrom } of items(spec[member])) {
      for (const variable of items(env)) {
        const secret = variable.valueFrom?.secretKeyRef?.name;
        if (secret !== undefined && !secrets.has(secret)) {
          return refused(
            `${called} ${name} with envVar ${variable.name} referencing secret.secretName="${secret}"`,
          );
        }
      }
      for (const { secretRef } of items(envFrom)) {
        if (secretRef !== undefined && !secrets.has(secretRef.name)) {
          return refused(
            `${called} ${name} with envFrom referencing secret.secretName="${secretRef.name}"`,
          );
        }
      }
    }
  }
  for (const [i, { name }] of items(spec.imagePullSecrets).entries()) {
    if (!pull.has(name)) return refused(`imagePullSecrets[${i}].name="${name}"`, "imagePullSecret");
  }
  return undefined;
}

/** The plugin. */
export const serviceAccount: AdmissionPlugin = {
  name: "ServiceAccount",
  handles,
  admit,
  validate,
};
