// All functions that templates can call, by name.

import { BUILTINS } from "./builtins.ts";
import { DEFAULT_FUNCTIONS } from "./defaults.ts";
import { ENCODING_FUNCTIONS } from "./encodings.ts";
import type { GoFunction } from "./function.ts";
import { LETTER_CASE_FUNCTIONS } from "./letter_case.ts";
import { LIST_FUNCTIONS } from "./lists.ts";
import { MAP_FUNCTIONS } from "./maps.ts";
import { NUMBER_FUNCTIONS } from "./numbers.ts";
import { PATH_FUNCTIONS } from "./paths.ts";
import { REGEXP_FUNCTIONS } from "./regexps.ts";
import { STRING_FUNCTIONS } from "./strings.ts";
import { URL_FUNCTIONS } from "./urls.ts";
import { VERSION_FUNCTIONS } from "./versions.ts";

/** The functions; those of sprig take the place of builtins. */
export const FUNCTIONS: ReadonlyMap<string, GoFunction> = new Map(Object.entries({
  ...BUILTINS,
  ...DEFAULT_FUNCTIONS,
  ...ENCODING_FUNCTIONS,
  ...LETTER_CASE_FUNCTIONS,
  ...LIST_FUNCTIONS,
  ...MAP_FUNCTIONS,
  ...NUMBER_FUNCTIONS,
  ...PATH_FUNCTIONS,
  ...REGEXP_FUNCTIONS,
  ...STRING_FUNCTIONS,
  ...URL_FUNCTIONS,
  ...VERSION_FUNCTIONS,
}));
