// Which templates of a ClusterClass a patch is for: how it names classes of
// machines, and whether it matches anything at all. Source: Cluster API's
// patch selectors.

import { type FieldError, invalid } from "../runtime/field/error.ts";
import { isQualifiedName } from "../runtime/names.ts";
import type { ClusterClassSpec, PatchSelector, TemplateReference } from "./class_types.ts";
import { inOrder, printIndented } from "./print_indented.ts";

/**
 * Whether a name, which may begin or end with `*`, is that of a class.
 *
 * @example
 * ```ts
 * classNameMatches("gpu-*", "gpu-large"); // true
 * ```
 */
export function classNameMatches(name: string, ofClass: string): boolean {
  return name === "*" || name === ofClass ||
    name.startsWith("*") && ofClass.endsWith(name.slice(1)) ||
    name.endsWith("*") && ofClass.startsWith(name.slice(0, -1));
}

/** What is wrong with a selector: it must ask for something that the class has. */
export function validatePatchSelector(
  selector: PatchSelector,
  { infrastructure, controlPlane, workers }: ClusterClassSpec,
  path: string,
): FieldError[] {
  const { matchResources } = selector;
  const wants = matchResources ?? {};
  const deployments = wants.machineDeploymentClass?.names ?? [];
  const pools = wants.machinePoolClass?.names ?? [];
  const any = wants.infrastructureCluster === true || wants.controlPlane === true ||
    deployments.length > 0 || pools.length > 0;
  if (!any) return [invalid(path, print(selector), "no selector enabled")];
  const errors: FieldError[] = [];
  if (wants.infrastructureCluster === true && !isFor(selector, infrastructure.templateRef)) {
    errors.push(invalid(
      `${path}.matchResources.infrastructureCluster`,
      true,
      "selector is enabled but does not match the infrastructure ref",
    ));
  }
  const ofControlPlane = [
    controlPlane.templateRef,
    controlPlane.machineInfrastructure?.templateRef,
  ];
  if (wants.controlPlane === true && !ofControlPlane.some((one) => isFor(selector, one))) {
    errors.push(invalid(
      `${path}.matchResources.controlPlane`,
      true,
      "selector is enabled but matches neither the controlPlane ref nor the controlPlane machineInfrastructure ref",
    ));
  }
  const deploymentNames = `${path}.matchResources.machineDeploymentClass.names`;
  const poolNames = `${path}.matchResources.machinePoolClass.names`;
  const { machineDeployments = [] } = workers ?? {};
  // There are no classes of MachinePools to match.
  return [
    ...errors,
    ...validateNames(
      selector,
      deployments,
      machineDeployments,
      "MachineDeployment",
      deploymentNames,
    ),
    ...validateNames(selector, pools, [], "MachinePool", poolNames),
  ];
}

interface MachineClass {
  readonly class: string;
  readonly bootstrap: { readonly templateRef: TemplateReference };
  readonly infrastructure: { readonly templateRef: TemplateReference };
}

function validateNames(
  selector: PatchSelector,
  names: readonly string[],
  classes: readonly MachineClass[],
  kind: string,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, name] of names.entries()) {
    const problem = nameProblem(name);
    if (problem !== undefined) return [...errors, invalid(`${path}[${i}]`, name, problem)];
    const matches = classes.some((one) =>
      classNameMatches(name, one.class) &&
      (isFor(selector, one.infrastructure.templateRef) ||
        isFor(selector, one.bootstrap.templateRef))
    );
    if (matches) continue;
    errors.push(invalid(
      `${path}[${i}]`,
      name,
      `selector is enabled but matches neither the bootstrap ref nor the infrastructure ref of a ${kind} class`,
    ));
  }
  return errors;
}

function nameProblem(name: string): string | undefined {
  const stars = name.split("*").length - 1;
  if (stars === 0) return undefined;
  if (stars > 1) return 'selector can at most contain a single "*" rune';
  if (!name.startsWith("*") && !name.endsWith("*")) {
    return '"*" rune can only appear at the beginning, or ending of the selector';
  }
  return isQualifiedName(name.replaceAll("*", "a")).length > 0
    ? "selector does not comply with the Kubernetes naming standards"
    : undefined;
}

function isFor(
  { apiVersion, kind }: PatchSelector,
  reference: TemplateReference | undefined,
): boolean {
  return reference?.apiVersion === apiVersion && reference.kind === kind;
}

function print(selector: PatchSelector): string {
  const matched = inOrder(selector.matchResources ?? {}, [
    "controlPlane",
    "infrastructureCluster",
    "machineDeploymentClass",
    "machinePoolClass",
  ]);
  return printIndented({
    ...inOrder(selector, ["apiVersion", "kind"]),
    ...(Object.keys(matched).length === 0 ? {} : { matchResources: matched }),
  });
}
