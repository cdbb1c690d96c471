// Applies the patches of a ClusterClass to the objects that a topology asks
// for: in order, to the templates of the class, whose specs then stand in the
// objects. Source: Cluster API's patch engine.

import type { Clock } from "../../../../runtime/clock.ts";
import {
  clone,
  type JsonObject,
  type JsonValue,
  type KubeObject,
} from "../../../../runtime/object.ts";
import { applyOperations } from "../../../../runtime/patch/json_patch.ts";
import type {
  ClassPatch,
  ClusterVariable,
  MachineDeploymentTopology,
} from "../../../../webhooks/class_types.ts";
import { saying, sayingAtOnce } from "../saying.ts";
import {
  type Blueprint,
  deploymentsOf,
  type DesiredState,
  type MachineDeploymentBlueprint,
  type MachineDeploymentState,
} from "../states.ts";
import {
  clusterBuiltins,
  controlPlaneBuiltins,
  machineDeploymentBuiltins,
  UNSEEN_ANNOTATIONS,
} from "./builtin_variables.ts";
import { type CopiedField, copyFields, type FieldPath } from "./copy_fields.ts";
import { generatePatches } from "./generate_patches.ts";
import type { Holder, PatchItem } from "./patch_item.ts";
import {
  CONTROL_PLANE_FIELDS,
  KEPT_METADATA,
  METADATA_FIELDS,
  OBJECT_FIELDS,
  OBJECT_METADATA_FIELDS,
  PATCHED_FIELDS,
  TEMPLATE_FIELDS,
} from "./patched_fields.ts";
import { PatchWork } from "./patch_work.ts";
import type { Variables } from "./variable_value.ts";

/** A template to be patched, and where the result belongs. */
interface Target extends PatchItem {
  /** Puts what the patched template says into the desired state. */
  finish(): void;
}

/**
 * Changes `desired` as the patches of the class say.
 *
 * @param clock gives others their turn meanwhile
 * @throws {Error} naming the patch that cannot be carried out
 */
export async function applyClassPatches(
  blueprint: Blueprint,
  desired: DesiredState,
  clock: Clock,
): Promise<void> {
  const { spec: { patches = [] }, topology } = blueprint;
  if (patches.length === 0) return;
  const known = variablesOf(blueprint);
  const global = variables(known, topology.variables, {
    cluster: clusterBuiltins(desired.cluster),
  });
  const targets = sayingAtOnce("failed to generate patch request", () => [
    ...clusterTargets(blueprint, desired, known),
    ...deploymentsOf(topology).flatMap((one) => deploymentTargets(blueprint, desired, one, known)),
  ]);
  const work = new PatchWork(clock);
  for (const patch of patches) {
    checkInline(patch);
    const generated = await saying(
      `failed to generate patches for patch "${patch.name}"`,
      () => generatePatches(patch, targets, global, work),
    );
    await saying(`failed to apply patches for patch "${patch.name}"`, () => {
      for (const { item, operations } of generated) applyTo(item, operations);
    });
  }
  await saying("failed to apply patches to desired state", () => {
    for (const target of targets) target.finish();
  });
}

/** Names of the variables that the class itself defines: its patches see no others. */
function variablesOf({ clusterClass }: Blueprint): ReadonlySet<string> {
  const defined: readonly { name: string; definitions: readonly { from: string }[] }[] =
    clusterClass.status?.variables ?? [];
  return new Set(
    defined.filter(({ definitions }) => definitions.some(({ from }) => from === "inline")).map((
      { name },
    ) => name),
  );
}

function variables(
  known: ReadonlySet<string>,
  values: readonly ClusterVariable[] | undefined,
  builtin: JsonValue,
): Variables {
  const seen = (values ?? []).filter(({ name }) => name !== "builtin" && known.has(name));
  return new Map([
    ...seen.map(({ name, value }): [string, JsonValue] => [name, value ?? null]),
    ["builtin", builtin],
  ]);
}

function clusterTargets(
  blueprint: Blueprint,
  desired: DesiredState,
  known: ReadonlySet<string>,
): Target[] {
  const { topology, controlPlaneMachines } = blueprint;
  const { controlPlane } = desired;
  const ofControlPlane = variables(known, topology.controlPlane?.variables?.overrides, {
    controlPlane: controlPlaneBuiltins(topology.controlPlane ?? {}, controlPlane),
  });
  const { machineTemplate } = controlPlane;
  return [
    objectTarget(
      "infrastructureCluster",
      blueprint.infrastructureCluster,
      new Map(),
      desired.infrastructureCluster,
      KEPT_METADATA,
      (object) => desired.infrastructureCluster = object,
    ),
    objectTarget(
      "controlPlane",
      blueprint.controlPlane,
      ofControlPlane,
      controlPlane.object,
      [...CONTROL_PLANE_FIELDS, ...KEPT_METADATA],
      (object) => controlPlane.object = object,
    ),
    ...controlPlaneMachines === undefined || machineTemplate === undefined ? [] : [
      templateTarget(
        { of: "controlPlane" },
        controlPlaneMachines,
        ofControlPlane,
        machineTemplate,
        (object) => controlPlane.machineTemplate = object,
      ),
    ],
  ];
}

function deploymentTargets(
  { machineDeployments }: Blueprint,
  desired: DesiredState,
  topology: MachineDeploymentTopology,
  known: ReadonlySet<string>,
): Target[] {
  const state = desired.machineDeployments.get(topology.name) as MachineDeploymentState;
  const templates = machineDeployments.get(topology.class) as MachineDeploymentBlueprint;
  const holder: Holder = { of: "machineDeployment", class: topology.class };
  const own = variables(known, topology.variables?.overrides, {
    machineDeployment: machineDeploymentBuiltins(topology, state),
  });
  return [
    templateTarget(
      holder,
      templates.bootstrap,
      own,
      state.bootstrapTemplate,
      (object) => state.bootstrapTemplate = object,
    ),
    templateTarget(
      holder,
      templates.infrastructure,
      own,
      state.infrastructureTemplate,
      (object) => state.infrastructureTemplate = object,
    ),
  ];
}

/** The template of an object that there is once for a Cluster. */
function objectTarget(
  of: "infrastructureCluster" | "controlPlane",
  template: KubeObject,
  own: Variables,
  object: KubeObject,
  kept: readonly FieldPath[],
  set: (object: KubeObject) => void,
): Target {
  return {
    holder: { of },
    template: prepared(template, object, OBJECT_METADATA_FIELDS),
    variables: own,
    finish() {
      set(merged(object, this.template, OBJECT_FIELDS, kept));
    },
  };
}

/** A template that Machines are made from. */
function templateTarget(
  holder: Holder,
  template: KubeObject,
  own: Variables,
  copy: KubeObject,
  set: (copy: KubeObject) => void,
): Target {
  return {
    holder,
    template: prepared(template, copy, METADATA_FIELDS),
    variables: own,
    finish() {
      set(merged(copy, this.template, TEMPLATE_FIELDS, KEPT_METADATA));
    },
  };
}

/** A template of the class as patches see it: with the labels and annotations that are wanted. */
function prepared(
  template: KubeObject,
  desired: KubeObject,
  fields: readonly CopiedField[],
): KubeObject {
  const { kind, metadata: { namespace = "", name = "" } } = template;
  const words = `failed to prepare ${kind} ${namespace}/${name} for patching`;
  const copy = clone(sayingAtOnce(words, () => merged(template, desired, fields)));
  delete copy.metadata.managedFields;
  const { annotations } = copy.metadata;
  for (const key of UNSEEN_ANNOTATIONS) delete annotations?.[key];
  if (annotations !== undefined && Object.keys(annotations).length === 0) {
    delete copy.metadata.annotations;
  }
  return copy;
}

function merged(
  object: KubeObject,
  source: KubeObject,
  fields: readonly CopiedField[],
  kept: readonly FieldPath[] = [],
): KubeObject {
  const { kind, metadata: { namespace = "", name = "" } } = object;
  return sayingAtOnce(
    `failed to apply patch to ${kind} ${namespace}/${name}`,
    () => copyFields(object, source, fields, kept),
  );
}

function applyTo(item: PatchItem, operations: readonly JsonObject[]): void {
  if (operations.length === 0) return;
  const patched = sayingAtOnce(
    "failed to apply patch: error applying json patch (RFC6902)",
    () => applyOperations(item.template as unknown as JsonValue, operations, "v5"),
  );
  // What else a patch has changed does not count.
  item.template = copyFields(item.template, patched as unknown as KubeObject, PATCHED_FIELDS);
}

/** What is not supported is refused at admission; a class may be older than that. */
function checkInline({ name, definitions = [], external }: ClassPatch): void {
  if (definitions.length > 0) return;
  throw new Error(
    external === undefined
      ? `failed to create patch generator for patch "${name}"`
      : `can not use external patch "${name}": runtime extensions are not supported`,
  );
}
