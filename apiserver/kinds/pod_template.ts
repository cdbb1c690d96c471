// PodTemplates: a template that stands alone.
// Source: pkg/registry/core/podtemplate and ValidatePodTemplate.

import type { KindBehaviour } from "./behaviour.ts";
import { nextGeneration, startGeneration } from "./generation.ts";
import { formatLabels } from "./label_text.ts";
import { semanticEqual, struct } from "./part.ts";
import { setPodTemplateDefaults } from "./pod_spec_defaults.ts";
import { containerCells } from "./pod_template_cells.ts";
import { dropDisabledTemplateFields } from "./pod_disabled_fields.ts";
import { movesGeneration, podTemplateWarnings } from "./pod_warnings.ts";
import { validatePodTemplateSpec } from "./pod_template_validation.ts";

/** `podtemplates`. */
export const podTemplate: KindBehaviour = {
  setDefaults: (object) => setPodTemplateDefaults(struct(object, "template")),
  strategy: {
    prepareForCreate(object) {
      startGeneration(object);
      dropDisabledTemplateFields(object.template, undefined);
    },
    prepareForUpdate(object, old) {
      dropDisabledTemplateFields(object.template, old.template);
      nextGeneration(object, old, !semanticEqual(object.template, old.template));
    },
    validate: (object) => validatePodTemplateSpec(object.template, "template"),
    validateUpdate: (object) => validatePodTemplateSpec(object.template, "template"),
    warningsOnCreate: (object) => podTemplateWarnings(object.template, "template"),
    warningsOnUpdate: (object, old) =>
      movesGeneration(object, old) ? podTemplateWarnings(object.template, "template") : [],
  },
  cells: (object) => [
    object.metadata.name ?? "",
    ...containerCells(object.template?.spec),
    formatLabels(object.template?.metadata?.labels),
  ],
};
