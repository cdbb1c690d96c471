// Checks of a pod spec, in a pod or in a template. Source: ValidatePodSpec
// of pkg/apis/core/validation; the order of checks is the order of causes in
// answers.

import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
  tooLong,
} from "../../runtime/field/error.ts";
import { byteLength, rangeMessage } from "../../runtime/names.ts";
import { legacyIPErrors } from "./address_validation.ts";
import { validateAffinity } from "./affinity_validation.ts";
import {
  type ContainerSurroundings,
  validateContainers,
  validateEphemeralContainers,
  validateInitContainers,
} from "./container_validation.ts";
import { validateFileVolumes } from "./env_validation.ts";
import { text } from "./field_messages.ts";
import { goValue } from "./go_value.ts";
import {
  dnsLabelErrors,
  dnsSubdomainErrors,
  dnsSubdomainUnderscoreErrors,
  labelsErrors,
  qualifiedNameErrors,
} from "./name_validation.ts";
import { isEmpty, items, type Part, sortedEntries, strings } from "./part.ts";
import { goPodResourceClaim } from "./pod_go_shapes.ts";
import { validateHostProcess, validateOS } from "./pod_os_validation.ts";
import { givenEmpty } from "../../runtime/schema/empties.ts";
import { aggregateResources, quantity } from "../../runtime/quota/resource_list.ts";
import {
  validateContainerRequirements,
  validatePodRequirements,
} from "./resource_requirements_validation.ts";
import {
  validateSchedulingGates,
  validateTolerations,
  validateTopologySpread,
} from "./scheduling_validation.ts";
import { validateHostUsers, validatePodSecurityContext } from "./security_context_validation.ts";
import { validateVolumes } from "./volume_validation.ts";

const INT32_MAX = 2 ** 31 - 1;
const NAMESERVERS_MAX = 3;
const SEARCHES_MAX = 32;
const SEARCH_BYTES_MAX = 2048;

/** What the spec is part of. */
export interface PodSpecPlace {
  /** A pod itself rather than a template. */
  readonly isPod: boolean;
  /** The pod's name; empty in templates. */
  readonly podName: string;
}

/** A template: its pods have no names yet. */
export const IN_TEMPLATE: PodSpecPlace = { isPod: false, podName: "" };

/** Errors of a pod spec. */
export function validatePodSpec(spec: Part, field: string, place: PodSpecPlace): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.terminationGracePeriodSeconds === undefined) {
    errors.push(required(`${field}.terminationGracePeriodSeconds`));
  }
  const { volumes, errors: volumeErrors } = validateVolumes(
    spec.volumes,
    place.podName,
    `${field}.volumes`,
  );
  const claims = new Set(items(spec.resourceClaims).map(({ name }) => text(name)));
  claims.delete("");
  const around: ContainerSurroundings = { spec, volumes, claims };
  errors.push(
    ...volumeErrors,
    ...validateResourceClaims(spec.resourceClaims, `${field}.resourceClaims`),
    ...validateContainers(around, `${field}.containers`),
    ...validateInitContainers(around, `${field}.initContainers`),
    ...validateEphemeralContainers(around, `${field}.ephemeralContainers`),
    ...validatePodResources(spec, claims, `${field}.resources`),
    ...validateHostPorts(spec, `${field}.containers`, place),
    ...choice(spec.restartPolicy, RESTART_POLICIES, `${field}.restartPolicy`),
    ...choice(spec.dnsPolicy, DNS_POLICIES, `${field}.dnsPolicy`),
    ...labelsErrors(spec.nodeSelector, `${field}.nodeSelector`),
    ...validatePodSecurityContext(spec, `${field}.securityContext`),
    ...validateAffinity(spec.affinity, `${field}.affinity`),
    ...validateDNSConfig(spec, `${field}.dnsConfig`),
    ...items(spec.readinessGates).flatMap(({ conditionType = "" }, i) =>
      qualifiedNameErrors(conditionType, `${field}.readinessGates[${i}].conditionType`)
    ),
    ...validateSchedulingGates(spec.schedulingGates, `${field}.schedulingGates`),
    ...validateTopologySpread(
      spec.topologySpreadConstraints,
      `${field}.topologySpreadConstraints`,
    ),
    ...validateHostProcess(spec, field),
    ...validateHostUsers(spec, field),
    ...validateHostnameOverride(spec, `${field}.hostnameOverride`),
    ...validateNames(spec, field),
  );
  return errors;
}

const RESTART_POLICIES = ["Always", "OnFailure", "Never"];
const DNS_POLICIES = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
const PREEMPTION_POLICIES = ["PreemptLowerPriority", "Never"];

function choice(value: unknown, known: readonly string[], field: string): FieldError[] {
  if (!value) return [required(field)];
  return known.includes(value as string) ? [] : [notSupported(field, value, known)];
}

function validateResourceClaims(given: unknown, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  items(given).forEach((claim, i) => {
    const path = `${field}[${i}]`;
    const { name = "", resourceClaimName: own, resourceClaimTemplateName: template } = claim;
    if (name === "") errors.push(required(`${path}.name`));
    else if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    else {
      errors.push(...dnsLabelErrors(name, `${path}.name`));
      names.add(name);
    }
    const shown = () => goValue(claim, goPodResourceClaim);
    if (own !== undefined && template !== undefined) {
      errors.push(
        invalid(
          path,
          shown(),
          "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified",
        ),
      );
    }
    if (own === undefined && template === undefined) {
      errors.push(
        invalid(
          path,
          shown(),
          "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`",
        ),
      );
    }
    if (own !== undefined) errors.push(...dnsSubdomainErrors(own, `${path}.resourceClaimName`));
    if (template !== undefined) {
      errors.push(...dnsSubdomainErrors(template, `${path}.resourceClaimTemplateName`));
    }
  });
  return errors;
}

/** The pod as a whole asks for at least what its containers do, and they may have no more than it. */
function validatePodResources(
  spec: Part,
  claims: ReadonlySet<string>,
  field: string,
): FieldError[] {
  const { resources } = spec;
  if (!resources) return [];
  const errors: FieldError[] = [];
  if (resources.claims !== undefined || givenEmpty(resources, "claims") !== undefined) {
    errors.push(
      forbiddenField(`${field}.claims`, "claims may not be set for Resources at pod-level"),
    );
  }
  errors.push(...validatePodRequirements(resources, claims, field));
  for (const [name, sum] of sortedEntries(aggregateResources(spec, "requests"))) {
    const own: string | undefined = resources.requests?.[name];
    if (own === undefined) continue;
    if (quantity(sum).compare(quantity(own)) > 0) {
      errors.push(
        invalid(
          `${field}.requests[${name}]`,
          own,
          `must be greater than or equal to aggregate container requests of ${sum}`,
        ),
      );
    }
  }
  items(spec.containers).forEach((container, i) => {
    for (const [name, limit] of sortedEntries(container.resources?.limits)) {
      const own = resources.limits?.[name];
      if (own === undefined || quantity(limit).compare(quantity(own)) <= 0) continue;
      errors.push(
        invalid(
          `${field.replace(/\.resources$/, "")}.resources.containers[${i}][${name}].limits`,
          limit,
          `must be less than or equal to pod limits of ${own}`,
        ),
      );
    }
  });
  return errors;
}

function validateHostPorts(spec: Part, field: string, { isPod }: PodSpecPlace): FieldError[] {
  if (!spec.hostNetwork) return [];
  return items(spec.containers).flatMap((container, i) =>
    items(container.ports).flatMap(({ hostPort = 0, containerPort = 0 }, j) =>
      (isPod || hostPort !== 0) && hostPort !== containerPort
        ? [
          invalid(
            `${field}[${i}].ports[${j}].hostPort`,
            hostPort,
            "must match `containerPort` when `hostNetwork` is true",
          ),
        ]
        : []
    )
  );
}

function validateDNSConfig({ dnsConfig, dnsPolicy }: Part, field: string): FieldError[] {
  const nameservers = strings(dnsConfig?.nameservers);
  if (dnsPolicy === "None") {
    if (!dnsConfig) {
      return [required(field, "must provide `dnsConfig` when `dnsPolicy` is None")];
    }
    if (nameservers.length === 0) {
      return [
        required(
          `${field}.nameservers`,
          "must provide at least one DNS nameserver when `dnsPolicy` is None",
        ),
      ];
    }
  }
  if (!dnsConfig) return [];
  const errors: FieldError[] = [];
  if (nameservers.length > NAMESERVERS_MAX) {
    errors.push(
      invalid(
        `${field}.nameservers`,
        nameservers,
        `must not have more than ${NAMESERVERS_MAX} nameservers`,
      ),
    );
  }
  nameservers.forEach((server, i) => {
    errors.push(...legacyIPErrors(server, `${field}.nameservers[${i}]`));
  });
  return [
    ...errors,
    ...validateSearches(strings(dnsConfig.searches), `${field}.searches`),
    ...items(dnsConfig.options).flatMap(({ name }, i) =>
      name ? [] : [required(`${field}.options[${i}]`, "must not be empty")]
    ),
  ];
}

function validateSearches(searches: readonly string[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (searches.length > SEARCHES_MAX) {
    errors.push(
      invalid(field, searches, `must not have more than ${SEARCHES_MAX} search paths`),
    );
  }
  if (byteLength(searches.join(" ")) > SEARCH_BYTES_MAX) {
    errors.push(
      invalid(
        field,
        searches,
        `must not have more than ${SEARCH_BYTES_MAX} characters (including spaces) in the search list`,
      ),
    );
  }
  searches.forEach((search, i) => {
    if (search === ".") return;
    errors.push(
      ...dnsSubdomainUnderscoreErrors(search.replace(/\.$/, ""), `${field}[${i}]`),
    );
  });
  return errors;
}

/** The plain fields at the end of the spec. */
function validateNames(spec: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const check = (name: string, messages: (value: string, field: string) => FieldError[]) => {
    if (spec[name]) errors.push(...messages(spec[name], `${field}.${name}`));
  };
  check("serviceAccountName", dnsSubdomainErrors);
  check("nodeName", dnsSubdomainErrors);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > INT32_MAX)) {
    errors.push(
      invalid(`${field}.activeDeadlineSeconds`, deadline, rangeMessage(1, INT32_MAX)),
    );
  }
  check("hostname", dnsLabelErrors);
  check("subdomain", dnsLabelErrors);
  errors.push(...validateTolerations(spec.tolerations, `${field}.tolerations`));
  items(spec.hostAliases).forEach(({ ip = "", hostnames }, i) => {
    const path = `${field}.hostAliases[${i}]`;
    errors.push(...legacyIPErrors(ip, `${path}.ip`));
    strings(hostnames).forEach((hostname, j) => {
      errors.push(...dnsSubdomainErrors(hostname, `${path}.hostnames[${j}]`));
    });
  });
  check("priorityClassName", dnsSubdomainErrors);
  if (spec.runtimeClassName !== undefined) {
    errors.push(...dnsSubdomainErrors(spec.runtimeClassName, `${field}.runtimeClassName`));
  }
  if (spec.preemptionPolicy !== undefined) {
    errors.push(
      ...choice(spec.preemptionPolicy, PREEMPTION_POLICIES, `${field}.preemptionPolicy`),
    );
  }
  if (!isEmpty(spec.overhead)) {
    errors.push(
      ...validateContainerRequirements(
        { limits: spec.overhead },
        new Set(),
        `${field}.overhead`,
      ),
    );
  }
  return [...errors, ...validateOS(spec, field), ...validateFileVolumes(spec, field)];
}

const HOSTNAME_BYTES_MAX = 64;

function validateHostnameOverride(spec: Part, field: string): FieldError[] {
  const name: string | undefined = spec.hostnameOverride;
  if (name === undefined) return [];
  const errors: FieldError[] = [];
  if (spec.setHostnameAsFQDN) {
    errors.push(forbiddenField(field, "may not be specified when setHostnameAsFQDN is true"));
  }
  if (spec.hostNetwork) {
    errors.push(forbiddenField(field, "may not be specified when hostNetwork is true"));
  }
  if (byteLength(name) > HOSTNAME_BYTES_MAX) errors.push(tooLong(field, HOSTNAME_BYTES_MAX));
  return [...errors, ...dnsSubdomainErrors(name, field)];
}
