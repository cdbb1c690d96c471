// Whether a Machine template, or a Machine, is what a MachineDeployment
// wants now: only what cannot change in place counts. Source: Cluster API's
// mdutil.

import { equal, type JsonObject, type KubeObject } from "../../../runtime/object.ts";

interface TemplateSpec {
  readonly version?: string;
  readonly failureDomain?: string;
  readonly bootstrap?: {
    readonly configRef?: JsonObject;
    readonly dataSecretName?: string;
  };
  readonly infrastructureRef?: JsonObject;
}

/** What of two templates differs and needs new Machines: lines of the UpToDate condition, empty for nothing. */
export function templateDifferences(current: KubeObject, wanted: KubeObject): string[] {
  const is: TemplateSpec = current.spec?.template?.spec ?? {};
  const should: TemplateSpec = wanted.spec?.template?.spec ?? {};
  const lines: string[] = [];
  if (is.version !== should.version) {
    lines.push(`Version ${is.version ?? "unknown"}, ${should.version ?? "unknown"} required`);
  }
  if (!sameBootstrap(is, should)) {
    const kind = should.bootstrap?.configRef?.kind;
    lines.push(
      kind === undefined
        ? `spec.bootstrap.dataSecretName ${is.bootstrap?.dataSecretName}, ${should.bootstrap?.dataSecretName} required`
        : `${String(kind).replace(/Template$/, "")} is not up-to-date`,
    );
  }
  if (!equal(is.infrastructureRef, should.infrastructureRef)) {
    const kind = String(should.infrastructureRef?.kind ?? "").replace(/Template$/, "");
    lines.push(`${kind} is not up-to-date`);
  }
  if (is.failureDomain !== should.failureDomain) {
    lines.push(
      `Failure domain ${is.failureDomain ?? "<none>"}, ${
        should.failureDomain ?? "<none>"
      } required`,
    );
  }
  return lines;
}

function sameBootstrap(a: TemplateSpec, b: TemplateSpec): boolean {
  if (a.bootstrap?.configRef !== undefined || b.bootstrap?.configRef !== undefined) {
    return equal(a.bootstrap?.configRef, b.bootstrap?.configRef);
  }
  return a.bootstrap?.dataSecretName === b.bootstrap?.dataSecretName;
}

/** Why a MachineSet is no longer the one its MachineDeployment wants; empty when it is. */
export function outdatedReasons(
  set: KubeObject,
  deployment: KubeObject,
  now_ms: number,
): string[] {
  const lines = templateDifferences(set, deployment);
  const after: string | undefined = deployment.spec?.rollout?.after;
  if (after === undefined) return lines;
  const after_ms = Date.parse(after);
  const created_ms = Date.parse(set.metadata.creationTimestamp ?? "");
  if (after_ms <= now_ms && created_ms < after_ms) {
    lines.push("MachineDeployment spec.rollout.after expired");
  }
  return lines;
}
