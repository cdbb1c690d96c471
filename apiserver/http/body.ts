// Request bodies: from bytes in one of the wire forms to an object of the
// kind that the endpoint takes, with unknown and repeated fields refused,
// warned of or ignored. Source: handlers/create.go, rest.go and
// apimachinery's serializers.

import type { JsonObject, JsonValue, KubeObject } from "../../runtime/object.ts";
import { apiVersionOf, parseApiVersion } from "../../runtime/object.ts";
import {
  JsonNumberError,
  JsonSyntaxError,
  type NumberLiterals,
  parseJson,
} from "../../runtime/json.ts";
import { badRequest, type StatusError } from "../../runtime/status.ts";
import type { PatchRequest, RequestContext, Target, WriteRequestOptions } from "../request.ts";
import { decodeProtobuf, ProtobufError } from "../protobuf/mod.ts";
import { isRegistered, unknownConversion } from "./scheme.ts";
import { goJsonType } from "./go_json.ts";
import type { Encoding } from "./negotiate.ts";
import { readYaml, YamlSyntaxError } from "../../runtime/yaml/read_yaml.ts";
import { decodeFields } from "./fields.ts";

/** What a body may hold at most. */
export const BODY_BYTES_MAX: number = 3 * 1024 * 1024;

const SCHEME = 'in scheme "pkg/runtime/scheme.go:111"';
const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
const text = new TextDecoder();

/** A body that has been read but not looked at. */
interface Parsed {
  readonly value: JsonValue;
  /** What a strict decoder holds against the text itself. */
  readonly strict: readonly string[];
  /** How its numbers were written. */
  readonly literals?: NumberLiterals;
}

/** The object of a create or update. Throws 400. */
export async function decodeObject(
  body: Uint8Array,
  encoding: Encoding,
  target: Target,
  options: WriteRequestOptions,
  context: RequestContext,
): Promise<KubeObject> {
  const expected = expectedKind(target);
  const refusals = refusalsOf(target, expected, body);
  const parsed = await parseObject(body, encoding, options, expected, refusals);
  const meta = typeMeta(parsed.value);
  if (typeof meta === "string") {
    throw refusals.unrecognized(`couldn't get version/kind; json parse error: ${meta}`);
  }
  const object = parsed.value === null ? {} : parsed.value as JsonObject;
  const scale = target.subresource?.name === "scale";
  const found = withDefaults(meta, expected);
  const refuse = (why: string) => refusals.refuse(found, why);
  if (target.definition.custom && !scale) checkCustomKind(object, expected, refusals, body);
  else checkKind(found, expected, target, refuse);
  object["apiVersion"] = apiVersionOf(found);
  object["kind"] = found.kind;
  const fields = decodeFields(object, target, refuse, parsed.literals);
  strictness([...parsed.strict, ...fields.strict], options, context, refuse);
  return fields.object;
}

/** How an endpoint words what is wrong with a body. */
interface Refusals {
  /** Nobody knows what it is. */
  unrecognized(why: string): StatusError;
  /** It says what it is and cannot be that. */
  refuse(found: Kind, why: string): StatusError;
}

function refusalsOf(
  { definition, subresource }: Target,
  expected: Kind,
  body: Uint8Array,
): Refusals {
  if (definition.custom && subresource?.name === "scale") {
    // The custom resource handler's scheme does not know the kind that its errors are about.
    const unknown = () => badRequest(`no kind is registered for the type v1.Scale ${SCHEME}`);
    return { unrecognized: unknown, refuse: unknown };
  }
  return {
    unrecognized: (why) =>
      badRequest(
        `the object provided is unrecognized (must be of type ${expected.kind}): ` +
          `${why} (${summary(body)})`,
      ),
    refuse: (found, why) =>
      badRequest(
        `${found.kind} in version ${JSON.stringify(found.version)} cannot be handled as a ` +
          `${expected.kind}: ${why}`,
      ),
  };
}

async function parseObject(
  body: Uint8Array,
  encoding: Encoding,
  options: WriteRequestOptions,
  expected: Kind,
  refusals: Refusals,
): Promise<Parsed> {
  try {
    return await parse(body, encoding, options.fieldValidation !== "Ignore");
  } catch (error) {
    if (error instanceof JsonNumberError) {
      // Only the fields beside kind and version are out of range.
      const meta = typeMeta(JSON.parse(text.decode(body)) as JsonValue);
      if (typeof meta !== "string") {
        throw refusals.refuse(withDefaults(meta, expected), error.message);
      }
    }
    const why = syntaxProblem(error);
    throw refusals.unrecognized(
      encoding === "protobuf" ? why : `couldn't get version/kind; json parse error: ${why}`,
    );
  }
}

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

function expectedKind({ definition, subresource }: Target): Kind {
  const { group, version, kind } = subresource ?? definition;
  return { group, version, kind };
}

async function parse(body: Uint8Array, encoding: Encoding, strict: boolean): Promise<Parsed> {
  if (encoding === "protobuf") return { value: decodeProtobuf(body), strict: [] };
  const source = text.decode(body);
  if (encoding === "json") {
    const { value, duplicates, literals } = parseJson(source, { strict });
    return { value, strict: duplicates.map(duplicateField), literals };
  }
  const { value, duplicates } = await readYaml(source);
  return { value, strict: yamlProblems(duplicates) };
}

function duplicateField(path: string): string {
  return `duplicate field ${JSON.stringify(path)}`;
}

function yamlProblems(duplicates: readonly string[]): string[] {
  return duplicates.length === 0 ? [] : [`yaml: unmarshal errors:\n  ${duplicates.join("\n  ")}`];
}

/** `kind` and `apiVersion`, or what is wrong with them. */
function typeMeta(value: JsonValue): { kind: string; apiVersion: string } | string {
  if (value === null) return { kind: "", apiVersion: "" };
  if (typeof value !== "object" || Array.isArray(value)) {
    return `json: cannot unmarshal ${goJsonType(value)} into Go value of type ${TYPE_META}`;
  }
  for (const member of ["apiVersion", "kind"] as const) {
    const found = value[member];
    if (found !== undefined && found !== null && typeof found !== "string") {
      return `json: cannot unmarshal ${
        goJsonType(found)
      } into Go struct field .${member} of type string`;
    }
  }
  return {
    kind: (value["kind"] ?? "") as string,
    apiVersion: (value["apiVersion"] ?? "") as string,
  };
}

/** What the body leaves out is what the endpoint takes. */
function withDefaults(meta: { kind: string; apiVersion: string }, expected: Kind): Kind {
  const { group, version } = parseApiVersion(meta.apiVersion);
  const kind = meta.kind === "" ? expected.kind : meta.kind;
  return meta.apiVersion === ""
    ? { group: expected.group, version: expected.version, kind }
    : { group, version, kind };
}

/** The only type of a version no longer served that clients may still send: discovery does not name it. */
const OLD_EVICTION: Kind = { group: "policy", version: "v1beta1", kind: "Eviction" };

function checkKind(
  found: Kind,
  expected: Kind,
  target: Target,
  refuse: (why: string) => StatusError,
): void {
  if (
    same(found, expected) ||
    target.subresource?.acceptedTypes?.some((t) => same(found, { ...found, ...t })) ||
    (same(found, OLD_EVICTION) && same(expected, { ...OLD_EVICTION, version: "v1" }))
  ) {
    return;
  }
  if (!isRegistered(found)) {
    throw refuse(
      `no kind ${JSON.stringify(found.kind)} is registered for version ` +
        `${JSON.stringify(apiVersionOf(found))} ${SCHEME}`,
    );
  }
  if (found.kind === expected.kind && found.group === expected.group) {
    throw badRequest(
      `the API version in the data (${apiVersionOf(found)}) does not match the expected ` +
        `API version (${apiVersionOf(expected)})`,
    );
  }
  throw refuse(unknownConversion(found, expected));
}

function same(a: Kind, b: Kind): boolean {
  return a.group === b.group && a.version === b.version && a.kind === b.kind;
}

/** Custom resources must say what they are. */
function checkCustomKind(
  object: JsonObject,
  expected: Kind,
  refusals: Refusals,
  body: Uint8Array,
): void {
  if ((object["kind"] ?? "") === "") {
    throw refusals.unrecognized(`Object 'Kind' is missing in '${text.decode(body)}'`);
  }
  const version = object["apiVersion"] ?? "";
  if (version !== apiVersionOf(expected)) {
    throw badRequest(
      `the API version in the data (${version}) does not match the expected API version ` +
        `(${apiVersionOf(expected)})`,
    );
  }
}

/** Refuses, warns of or ignores what a strict decoder finds. */
function strictness(
  problems: readonly string[],
  options: WriteRequestOptions,
  context: RequestContext,
  refuse: (why: string) => StatusError,
): void {
  if (problems.length === 0 || options.fieldValidation === "Ignore") return;
  if (options.fieldValidation === "Strict") {
    throw refuse(`strict decoding error: ${problems.join(", ")}`);
  }
  for (const problem of problems) {
    for (const warning of strictWarnings(problem)) context.warn(warning);
  }
}

/** YAML's problems come in one text of several lines: each is a warning. */
function strictWarnings(problem: string): string[] {
  const prefix = "yaml: unmarshal errors:\n";
  return problem.startsWith(prefix)
    ? problem.slice(prefix.length).split("\n").map((line) => line.trim())
    : [problem];
}

function syntaxProblem(error: unknown): string {
  if (
    error instanceof JsonSyntaxError || error instanceof JsonNumberError ||
    error instanceof YamlSyntaxError ||
    error instanceof ProtobufError
  ) return error.message;
  throw error;
}

/** The start of a body, as errors show it. */
function summary(body: Uint8Array): string {
  if (body.length === 0) return "<empty>";
  const cut = body.length > 30 ? " ..." : "";
  const start = body.subarray(0, 30);
  if (body[0] === 0x7b) return text.decode(start) + cut;
  return Array.from(start, (byte) => byte.toString(16).padStart(2, "0")).join("") + cut;
}

/** The body of a deletion. Throws 400. */
export async function decodeDeleteBody(
  body: Uint8Array,
  encoding: Encoding,
): Promise<JsonValue> {
  try {
    return (await parse(body, encoding, false)).value;
  } catch (error) {
    const why = syntaxProblem(error);
    throw badRequest(
      encoding === "protobuf" ? why : `couldn't get version/kind; json parse error: ${why}`,
    );
  }
}

/** The body of a patch. One that applies nothing yet knows what is wrong: the object is looked for first. Throws 400. */
export function decodePatch(
  body: Uint8Array,
  kind: PatchRequest["kind"],
  options: WriteRequestOptions,
  context: RequestContext,
): PatchRequest | Promise<PatchRequest> {
  if (kind === "apply") return applyPatch(body, options, context);
  const unreadable = (why: string): PatchRequest => ({
    kind,
    body: null,
    strictErrors: [],
    problem: badRequest(kind === "strategic" ? why : `error decoding patch: ${why}`),
  });
  let value: JsonValue;
  let duplicates: readonly string[];
  let literals: NumberLiterals;
  try {
    const strict = options.fieldValidation !== "Ignore";
    ({ value, duplicates, literals } = parseJson(text.decode(body), { strict }));
  } catch (error) {
    return unreadable(syntaxProblem(error));
  }
  const wrong = kind === "json"
    ? Array.isArray(value) || value === null ? undefined : "[]handlers.jsonPatchOp"
    : isObjectOrNull(value)
    ? undefined
    : "map[string]interface {}";
  if (wrong !== undefined) {
    return unreadable(`json: cannot unmarshal ${goJsonType(value)} into Go value of type ${wrong}`);
  }
  return { kind, body: value, strictErrors: duplicates.map(duplicateField), literals };
}

function isObjectOrNull(value: JsonValue): boolean {
  return value === null || (typeof value === "object" && !Array.isArray(value));
}

async function applyPatch(
  body: Uint8Array,
  options: WriteRequestOptions,
  context: RequestContext,
): Promise<PatchRequest> {
  let value: JsonValue;
  let duplicates: readonly string[];
  try {
    ({ value, duplicates } = await readYaml(text.decode(body)));
  } catch (error) {
    const why = syntaxProblem(error);
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${why}`);
  }
  if (!isObjectOrNull(value)) {
    throw badRequest(
      "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot " +
        `unmarshal ${goJsonType(value)} into Go value of type map[string]interface {}`,
    );
  }
  const [problem] = yamlProblems(duplicates);
  if (problem !== undefined && options.fieldValidation === "Strict") {
    throw badRequest(
      `error strict decoding YAML: error converting YAML to JSON: ${problem}`,
    );
  }
  if (problem !== undefined && options.fieldValidation === "Warn") {
    for (const warning of strictWarnings(problem)) context.warn(warning);
  }
  return { kind: "apply", body: value ?? {}, strictErrors: [] };
}
