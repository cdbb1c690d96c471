// Conversion of DevCluster, DevMachine and their templates between v1beta1
// and v1beta2. Source: Cluster API's changes of the infrastructure contract:
// `ready` became `initialization.provisioned`, conditions of the older form
// moved to `deprecated`, failure domains became a list.

import { isObject, type JsonObject, type JsonValue } from "../../runtime/object.ts";
import type { Conversion, ObjectParts } from "./conversion.ts";

const GROUP = "infrastructure.cluster.x-k8s.io";

/** The conversions of all Dev kinds. */
export const devConversions: readonly Conversion[] = [
  conversion("DevCluster", { up: upSpec, down: same }),
  conversion("DevClusterTemplate", { up: inTemplate(upSpec), down: same }),
  conversion("DevMachine", { up: same, down: same }),
  conversion("DevMachineTemplate", { up: same, down: same }),
];

type Change = (part: JsonObject) => JsonObject;

function conversion(kind: string, spec: { up: Change; down: Change }): Conversion {
  // The templates of v1beta1 have no status.
  const hasStatus = !kind.endsWith("Template");
  return {
    group: GROUP,
    kind,
    spoke: "v1beta1",
    hub: "v1beta2",
    up: (parts, restored) => {
      const status = hasStatus ? upStatus(parts.status, restored?.status) : restored?.status;
      return compose(parts.spec && spec.up(parts.spec), status);
    },
    down: (parts) =>
      compose(
        parts.spec && spec.down(parts.spec),
        hasStatus && parts.status ? downStatus(parts.status) : undefined,
      ),
  };
}

function compose(spec: JsonObject | undefined, status: JsonObject | undefined): ObjectParts {
  return { ...(spec === undefined ? {} : { spec }), ...(status === undefined ? {} : { status }) };
}

function same(part: JsonObject): JsonObject {
  return part;
}

/** Clients of v1beta1 write an endpoint that is not known yet as an empty name and port 0. */
function upSpec(spec: JsonObject): JsonObject {
  const { controlPlaneEndpoint, ...rest } = spec;
  if (!isObject(controlPlaneEndpoint)) return spec;
  const { host, port } = controlPlaneEndpoint;
  const known = { ...(host ? { host } : {}), ...(port ? { port } : {}) };
  return Object.keys(known).length === 0 ? rest : { ...rest, controlPlaneEndpoint: known };
}

function inTemplate(change: Change): Change {
  return (spec) => {
    const { template } = spec;
    if (!isObject(template) || !isObject(template.spec)) return spec;
    return { ...spec, template: { ...template, spec: change(template.spec) } };
  };
}

function upStatus(
  status: JsonObject | undefined,
  restored: JsonObject | undefined,
): JsonObject | undefined {
  const { ready, conditions, v1beta2, failureDomains, ...rest } = status ?? {};
  // v1beta1 cannot tell "not provisioned" from "not known".
  const provisioned = ready === true ? true : provisionedOf(restored) === false ? false : undefined;
  const newer = isObject(v1beta2) ? v1beta2.conditions : undefined;
  const domains = isObject(failureDomains) ? domainList(failureDomains) : [];
  const up: JsonObject = {
    ...rest,
    ...(provisioned === undefined ? {} : { initialization: { provisioned } }),
    ...(newer === undefined ? {} : { conditions: newer }),
    ...(conditions === undefined ? {} : { deprecated: { v1beta1: { conditions } } }),
    ...(domains.length === 0 ? {} : { failureDomains: domains }),
    // v1beta1 of DevMachine cannot say where the machine is.
    ...(restored?.failureDomain === undefined ? {} : { failureDomain: restored.failureDomain }),
  };
  return status === undefined && Object.keys(up).length === 0 ? undefined : up;
}

function provisionedOf(status: JsonObject | undefined): JsonValue | undefined {
  return isObject(status?.initialization) ? status.initialization.provisioned : undefined;
}

function downStatus(status: JsonObject): JsonObject {
  const {
    initialization: _,
    failureDomain: _domain,
    conditions,
    deprecated,
    failureDomains,
    ...rest
  } = status;
  const older = isObject(deprecated) && isObject(deprecated.v1beta1)
    ? deprecated.v1beta1.conditions
    : undefined;
  return {
    ...rest,
    ...(provisionedOf(status) === true ? { ready: true } : {}),
    ...(older === undefined ? {} : { conditions: older }),
    ...(conditions === undefined ? {} : { v1beta2: { conditions } }),
    ...(Array.isArray(failureDomains) ? { failureDomains: domainMap(failureDomains) } : {}),
  };
}

function domainList(domains: JsonObject): JsonObject[] {
  return Object.keys(domains).sort().map((name) => ({ name, ...(domains[name] as JsonObject) }));
}

function domainMap(domains: readonly JsonValue[]): JsonObject {
  return Object.fromEntries(
    (domains as readonly JsonObject[]).map(({ name, ...rest }) => [String(name), rest]),
  );
}
