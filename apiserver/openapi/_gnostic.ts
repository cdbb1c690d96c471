// OpenAPI documents in gnostic's protobuf: what kubectl asks for. A grammar
// of combinators, one entry a message, turns the JSON into wire bytes.
// Source: openapiv2/OpenAPIv2.proto and openapiv3/OpenAPIv3.proto of gnostic.

import type { JsonObject, JsonValue } from "../../runtime/object.ts";
import { BYTES, FIXED64, VARINT, WireWriter } from "../protobuf/wire.ts";
import { writeYaml } from "../http/write_yaml.ts";

/** Writes one value as a field. */
type Field = (number: number, value: JsonValue, writer: WireWriter) => void;
/** Writes a message's fields. */
type Message = (value: JsonValue, writer: WireWriter) => void;

const string: Field = (number, value, writer) => {
  writer.tag(number, BYTES);
  writer.string(String(value));
};
const bool: Field = (number, value, writer) => {
  if (value !== true) return;
  writer.tag(number, VARINT);
  writer.varint(1);
};
const int: Field = (number, value, writer) => {
  writer.tag(number, VARINT);
  writer.varint(Number(value));
};
const double: Field = (number, value, writer) => {
  writer.tag(number, FIXED64);
  writer.double(Number(value));
};

/** A message in a field. */
function nested(message: Message): Field {
  return (number, value, writer) => {
    writer.tag(number, BYTES);
    writer.nested(() => message(value, writer));
  };
}

/** A field for each item of a list. */
function each(field: Field): Field {
  return (number, value, writer) => {
    for (const item of Array.isArray(value) ? value : [value]) field(number, item, writer);
  };
}

/** A field for each member of an object: its name, then its value. */
function named(value: Field): Field {
  return (number, object, writer) => {
    for (const [name, member] of members(object)) {
      writer.tag(number, BYTES);
      writer.nested(() => {
        string(1, name, writer);
        value(2, member, writer);
      });
    }
  };
}

/** A message of nothing but one field. */
function only(number: number, field: Field): Message {
  return (value, writer) => field(number, value, writer);
}

/** Any JSON, as YAML. */
const any = nested((value, writer) => string(2, writeYaml(value), writer));

type Fields = Readonly<Record<string, readonly [number: number, field: Field]>>;

/** A message of an object's known members; `x-` members go into field `extension`. */
function message(fields: Fields, extension: number): Message {
  const order = Object.entries(fields).sort(([, [a]], [, [b]]) => a - b);
  const extensions = named(any);
  return (value, writer) => {
    const object = value as JsonObject;
    for (const [name, [number, field]] of order) {
      const member = object[name];
      if (member !== undefined && member !== null) field(number, member, writer);
    }
    const extra: JsonObject = {};
    for (const [name, member] of members(object)) if (name.startsWith("x-")) extra[name] = member;
    extensions(extension, extra, writer);
  };
}

function members(value: JsonValue): [name: string, member: JsonValue][] {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return [];
  return Object.entries(value).filter((entry): entry is [string, JsonValue] =>
    entry[1] !== undefined
  );
}

const strings = each(string);
const map = (value: Field): Field => nested(only(1, named(value)));
const security = each(nested(only(1, named(nested(only(1, strings))))));

/** A schema in one of the two versions; its children are schemas again. */
function lazy(message: () => Message): Field {
  return (number, value, writer) => nested(message())(number, value, writer);
}

const schema2: Field = lazy(() => schemaMessage2);
const schemaMessage2: Message = message({
  $ref: [1, string],
  format: [2, string],
  title: [3, string],
  description: [4, string],
  default: [5, any],
  multipleOf: [6, double],
  maximum: [7, double],
  exclusiveMaximum: [8, bool],
  minimum: [9, double],
  exclusiveMinimum: [10, bool],
  maxLength: [11, int],
  minLength: [12, int],
  pattern: [13, string],
  maxItems: [14, int],
  minItems: [15, int],
  uniqueItems: [16, bool],
  maxProperties: [17, int],
  minProperties: [18, int],
  required: [19, strings],
  enum: [20, each(any)],
  additionalProperties: [21, schemaOrBool(schema2)],
  type: [22, nested(only(1, strings))],
  items: [23, nested(only(1, each(schema2)))],
  allOf: [24, each(schema2)],
  properties: [25, map(schema2)],
  example: [30, any],
}, 31);

function schemaOrBool(schema: Field): Field {
  return nested((value, writer) => {
    if (typeof value !== "boolean") return schema(1, value, writer);
    writer.tag(2, VARINT);
    writer.varint(value ? 1 : 0);
  });
}

const bodyParameter = message({
  description: [1, string],
  name: [2, string],
  in: [3, string],
  required: [4, bool],
  schema: [5, schema2],
}, 6);
const queryParameter = message({
  required: [1, bool],
  in: [2, string],
  description: [3, string],
  name: [4, string],
  type: [6, string],
  format: [7, string],
  uniqueItems: [20, bool],
}, 23);
const pathParameter = message({
  required: [1, bool],
  in: [2, string],
  description: [3, string],
  name: [4, string],
  type: [5, string],
  format: [6, string],
  uniqueItems: [19, bool],
}, 22);

/** A parameter inside two wrappers, by where it stands. */
const parameter2 = nested(only(
  1,
  nested((value, writer) => {
    const place = (value as JsonObject)["in"];
    if (place === "body") return nested(bodyParameter)(1, value, writer);
    const inner = place === "path"
      ? only(4, nested(pathParameter))
      : only(3, nested(queryParameter));
    nested(inner)(2, value, writer);
  }),
));

const response2 = message({
  description: [1, string],
  schema: [2, nested(only(1, schema2))],
}, 5);
const operation2 = message({
  tags: [1, strings],
  summary: [2, string],
  description: [3, string],
  operationId: [5, string],
  produces: [6, strings],
  consumes: [7, strings],
  parameters: [8, each(parameter2)],
  responses: [9, map(nested(only(1, nested(response2))))],
  schemes: [10, strings],
  deprecated: [11, bool],
}, 13);
const pathItem2 = message({
  get: [2, nested(operation2)],
  put: [3, nested(operation2)],
  post: [4, nested(operation2)],
  delete: [5, nested(operation2)],
  options: [6, nested(operation2)],
  head: [7, nested(operation2)],
  patch: [8, nested(operation2)],
  parameters: [9, each(parameter2)],
}, 10);
const apiKey2 = message({
  type: [1, string],
  name: [2, string],
  in: [3, string],
  description: [4, string],
}, 5);
const document2 = message({
  swagger: [1, string],
  info: [2, nested(message({ title: [1, string], version: [2, string] }, 7))],
  paths: [8, nested(only(2, named(nested(pathItem2))))],
  definitions: [9, map(schema2)],
  security: [12, security],
  securityDefinitions: [13, map(nested(only(2, nested(apiKey2))))],
}, 16);

const schemaMessage3: Message = message({
  nullable: [1, bool],
  example: [7, any],
  title: [9, string],
  multipleOf: [10, double],
  maximum: [11, double],
  exclusiveMaximum: [12, bool],
  minimum: [13, double],
  exclusiveMinimum: [14, bool],
  maxLength: [15, int],
  minLength: [16, int],
  pattern: [17, string],
  maxItems: [18, int],
  minItems: [19, int],
  uniqueItems: [20, bool],
  maxProperties: [21, int],
  minProperties: [22, int],
  required: [23, strings],
  enum: [24, each(any)],
  type: [25, string],
  allOf: [26, (number, value, writer) => each(schema3)(number, value, writer)],
  oneOf: [27, (number, value, writer) => each(schema3)(number, value, writer)],
  anyOf: [28, (number, value, writer) => each(schema3)(number, value, writer)],
  not: [29, lazy(() => schemaMessage3)],
  items: [30, nested(only(1, (number, value, writer) => schema3(number, value, writer)))],
  properties: [31, map((number, value, writer) => schema3(number, value, writer))],
  additionalProperties: [
    32,
    schemaOrBool((number, value, writer) => schema3(number, value, writer)),
  ],
  default: [33, defaultType],
  description: [34, string],
  format: [35, string],
}, 36);

/** Defaults that are lists or objects have no place in version 3's message. */
function defaultType(number: number, value: JsonValue, writer: WireWriter): void {
  const inner: Message | undefined = typeof value === "number"
    ? only(1, double)
    : typeof value === "string"
    ? only(3, string)
    : typeof value === "boolean"
    ? (_, writer) => {
      writer.tag(2, VARINT);
      writer.varint(value ? 1 : 0);
    }
    : undefined;
  if (inner !== undefined) nested(inner)(number, value, writer);
}

/** A schema or a reference. */
const schema3: Field = nested((value, writer) => {
  const reference = (value as JsonObject)["$ref"];
  if (typeof reference === "string") return nested(only(1, string))(2, reference, writer);
  nested(schemaMessage3)(1, value, writer);
});

const content3 = map(nested(message({ schema: [1, schema3] }, 5)));
const parameter3 = nested(only(
  1,
  nested(message({
    name: [1, string],
    in: [2, string],
    description: [3, string],
    required: [4, bool],
    schema: [10, schema3],
  }, 14)),
));
const response3 = message({ description: [1, string], content: [3, content3] }, 5);
const requestBody3 = message({ content: [2, content3], required: [3, bool] }, 4);
const operation3 = message({
  tags: [1, strings],
  summary: [2, string],
  description: [3, string],
  operationId: [5, string],
  parameters: [6, each(parameter3)],
  requestBody: [7, nested(only(1, nested(requestBody3)))],
  responses: [8, nested(only(2, named(nested(only(1, nested(response3))))))],
  deprecated: [10, bool],
}, 13);
const pathItem3 = message({
  get: [4, nested(operation3)],
  put: [5, nested(operation3)],
  post: [6, nested(operation3)],
  delete: [7, nested(operation3)],
  options: [8, nested(operation3)],
  head: [9, nested(operation3)],
  patch: [10, nested(operation3)],
  parameters: [13, each(parameter3)],
}, 14);
const securityScheme3 = message({
  type: [1, string],
  description: [2, string],
  name: [3, string],
  in: [4, string],
}, 9);
const document3 = message({
  openapi: [1, string],
  info: [2, nested(message({ title: [1, string], version: [6, string] }, 7))],
  paths: [4, nested(only(1, named(nested(pathItem3))))],
  components: [
    5,
    nested(message({
      schemas: [1, map(schema3)],
      securitySchemes: [7, map(nested(only(1, nested(securityScheme3))))],
    }, 10)),
  ],
  security: [6, security],
}, 9);

/** A version 2 document in protobuf. */
export function encodeOpenApi2(document: JsonObject): Uint8Array {
  return encode(document2, document);
}

/** A version 3 document in protobuf. */
export function encodeOpenApi3(document: JsonObject): Uint8Array {
  return encode(document3, document);
}

function encode(message: Message, document: JsonObject): Uint8Array {
  const writer = new WireWriter();
  message(document, writer);
  return writer.bytes();
}
