// Named formats: format.dns1123Label().validate(text). Source: Kubernetes'
// format library.

import {
  isQualifiedName,
  isValidLabelValue,
  nameIsDNS1035Label,
  nameIsDNSLabel,
  nameIsDNSSubdomain,
} from "../../names.ts";
import { formatCheck } from "../../schema/_formats.ts";
import { isRequestUri } from "../../schema/_request_uri.ts";
import { goQuote } from "../../go_text.ts";
import { uriProblem } from "./urls.ts";
import { declare } from "../declarations.ts";
import type { Library } from "../environment.ts";
import { structType, type Type } from "../types.ts";
import { ArrayList, Opaque, Optional, type Value } from "../values.ts";

const FORMAT = structType("kubernetes.NamedFormat");

type Check = (text: string) => readonly string[];

/** A format by name. */
export class FormatValue extends Opaque {
  constructor(
    readonly name: string,
    readonly check: Check,
    /** How long its pattern counts as, for costs. */
    readonly patternSize: number,
  ) {
    super();
  }
  get celType(): Type {
    return FORMAT;
  }
}

function openapi(format: string, message: string): Check {
  const check = formatCheck(format);
  return (text) => check === undefined || check(text) ? [] : [message];
}

function uri(text: string): string[] {
  if (isRequestUri(text)) return [];
  return [`parse ${goQuote(text)}: ${uriProblem(text)}`];
}

const PATTERN_MAX = 64;
const DATE_PATTERN = 97;
const UUID_PATTERN = 68;

const FORMATS: readonly (readonly [string, FormatValue])[] = ([
  ["dns1123Label", "DNS1123Label", (text) => nameIsDNSLabel(text, false), 30],
  ["dns1123Subdomain", "DNS1123Subdomain", (text) => nameIsDNSSubdomain(text, false), 60],
  ["dns1035Label", "DNS1035Label", (text) => nameIsDNS1035Label(text, false), 30],
  ["qualifiedName", "QualifiedName", isQualifiedName, 60],
  ["dns1123LabelPrefix", "DNS1123LabelPrefix", (text) => nameIsDNSLabel(text, true), 30],
  [
    "dns1123SubdomainPrefix",
    "DNS1123SubdomainPrefix",
    (text) => nameIsDNSSubdomain(text, true),
    60,
  ],
  ["dns1035LabelPrefix", "DNS1035LabelPrefix", (text) => nameIsDNS1035Label(text, true), 30],
  ["labelValue", "LabelValue", isValidLabelValue, 40],
  ["uri", "URI", uri, PATTERN_MAX],
  ["uuid", "uuid", openapi("uuid", "does not match the UUID format"), UUID_PATTERN],
  ["byte", "byte", openapi("byte", "invalid base64"), PATTERN_MAX],
  ["date", "date", openapi("date", "invalid date"), DATE_PATTERN],
  ["datetime", "datetime", openapi("date-time", "invalid datetime"), DATE_PATTERN],
] as const satisfies readonly (readonly [string, string, Check, number])[]).map((
  [key, name, check, size],
) => [key, new FormatValue(name, check, size)] as const);

const BY_NAME = new Map(FORMATS);

function validate(format: FormatValue, text: string): Value {
  const messages = format.check(text);
  return messages.length === 0 ? Optional.NONE : Optional.of(new ArrayList(messages));
}

const type = "kubernetes.NamedFormat";

/** Kubernetes' format library. */
export const NAMED_FORMATS: Library = {
  types: [FORMAT],
  functions: [
    declare(
      "validate",
      [["format-validate", `${type}.(string) -> optional(list(string))`]],
      (format, text) => validate(format as FormatValue, text as string),
    ),
    declare("format.named", [["format-named", `(string) -> optional(${type})`]], (name) => {
      const format = BY_NAME.get(name as string);
      return format === undefined ? Optional.NONE : Optional.of(format);
    }),
    ...FORMATS.map(([key, format]) =>
      declare(`format.${key}`, [[`format.${key}`, `() -> ${type}`]], () => format)
    ),
  ],
};
