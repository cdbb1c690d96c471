// What all cases of templates share: data as of a cluster's variables, and how
// a case is checked. The results are those of Go 1.26 with sprig 3.3.

import { assertEquals } from "@std/assert";
import type { JsonObject } from "../object.ts";
import { renderTemplate } from "./render_template.ts";

/** The dot of all cases. */
export const DATA: JsonObject = {
  "name": "kind",
  "n": 3,
  "f": 2.5,
  "big": 1000000.0,
  "z": 0,
  "t": true,
  "no": false,
  "nul": null,
  "e": "",
  "l": [
    "b",
    "a",
    "c",
  ],
  "nums": [
    1,
    2,
    3,
  ],
  "m": {
    "b": 2,
    "a": "x",
    "c": {
      "d": [
        1,
        {
          "k": "v",
        },
      ],
    },
  },
  "el": [],
  "em": {},
  "u": "héé",
  "ver": "v1.31.2",
  "objs": [
    {
      "name": "a",
      "v": 1,
    },
    {
      "name": "b",
    },
  ],
  "mixed": [
    null,
    1,
    "s",
    true,
  ],
  "builtin": {
    "cluster": {
      "name": "my",
      "topology": {
        "version": "v1.30.0",
      },
    },
    "machineDeployment": {
      "replicas": 3,
    },
  },
};

/** A template, and its text or fault. */
export type Case = readonly [template: string, result: string];

/** Checks texts. */
export function checkTexts(cases: readonly Case[]): void {
  for (const [template, text] of cases) {
    assertEquals(renderTemplate(template, DATA), text, template);
  }
}

/** Checks faults. */
export function checkFaults(cases: readonly Case[]): void {
  for (const [template, fault] of cases) {
    let message = "no fault";
    try {
      renderTemplate(template, DATA);
    } catch (error) {
      message = (error as Error).message;
    }
    assertEquals(message, fault, template);
  }
}
