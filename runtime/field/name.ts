// The rules of names, label keys and label values, with the messages of
// k8s.io/apimachinery/pkg/util/validation. Each function answers what is
// wrong, an empty list when nothing is. Nothing here knows any kind.

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE = `(${QUALIFIED})?`;

// The regular expressions that match are written without nesting: linear on any input.
const isLabel = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const isLabel1035 = /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/;
const isQualified = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** How long a DNS label, a label value and the name part of a label key may be. */
export const LABEL_LENGTH_MAX = 63;
/** How long a DNS subdomain may be. */
export const SUBDOMAIN_LENGTH_MAX = 253;

const encoder = new TextEncoder();

/** The length in UTF-8, as Go's `len` counts. */
export function byteLength(text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 127) return encoder.encode(text).length;
  }
  return text.length;
}

/** The message about a text that does not match `pattern`. */
function regexMessage(
  words: string,
  pattern: string,
  ...examples: string[]
): string {
  const list = examples.map((example) => `'${example}', `).join(" or ");
  return `${words} (e.g. ${list.slice(0, -1)} regex used for validation is '${pattern}')`;
}

const SUBDOMAIN_MESSAGE = regexMessage(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  SUBDOMAIN,
  "example.com",
);
const LABEL_MESSAGE = regexMessage(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  LABEL,
  "my-name",
  "123-abc",
);
const LABEL_1035_MESSAGE = regexMessage(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  LABEL_1035,
  "my-name",
  "abc-123",
);
const QUALIFIED_MESSAGE = regexMessage(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  QUALIFIED,
  "MyName",
  "my.name",
  "123-abc",
);
const LABEL_VALUE_MESSAGE = regexMessage(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  LABEL_VALUE,
  "MyValue",
  "my_value",
  "12345",
);

/** `metadata.name` of most kinds: RFC 1123 labels joined with dots. */
export function dns1123SubdomainErrors(value: string): string[] {
  const errors: string[] = [];
  if (byteLength(value) > SUBDOMAIN_LENGTH_MAX) {
    errors.push(`must be no more than ${SUBDOMAIN_LENGTH_MAX} characters`);
  }
  if (!value.split(".").every((label) => isLabel.test(label))) {
    errors.push(SUBDOMAIN_MESSAGE);
  }
  return errors;
}

/** One RFC 1123 label, such as a namespace's name. */
export function dns1123LabelErrors(value: string): string[] {
  const errors: string[] = [];
  if (byteLength(value) > LABEL_LENGTH_MAX) {
    errors.push(`must be no more than ${LABEL_LENGTH_MAX} characters`);
  }
  if (!isLabel.test(value)) {
    errors.push(
      dns1123SubdomainErrors(value).length === 0 ? "must not contain dots" : LABEL_MESSAGE,
    );
  }
  return errors;
}

/** One RFC 1035 label: as above, beginning with a letter. */
export function dns1035LabelErrors(value: string): string[] {
  const errors: string[] = [];
  if (byteLength(value) > LABEL_LENGTH_MAX) {
    errors.push(`must be no more than ${LABEL_LENGTH_MAX} characters`);
  }
  if (!isLabel1035.test(value)) errors.push(LABEL_1035_MESSAGE);
  return errors;
}

/** A key of labels and annotations: a name, or a DNS subdomain, a slash and a name. */
export function qualifiedNameErrors(value: string): string[] {
  const errors: string[] = [];
  const parts = value.split("/");
  const name = parts[parts.length - 1]!;
  if (parts.length > 2) {
    return [
      `a valid label key ${QUALIFIED_MESSAGE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (parts.length === 2) {
    const prefix = parts[0]!;
    if (prefix === "") errors.push("prefix part must be non-empty");
    else {for (const text of dns1123SubdomainErrors(prefix)) {
        errors.push(`prefix part ${text}`);
      }}
  }
  if (name === "") errors.push("name part must be non-empty");
  else if (byteLength(name) > LABEL_LENGTH_MAX) {
    errors.push(`name part must be no more than ${LABEL_LENGTH_MAX} bytes`);
  }
  if (!isQualified.test(name)) errors.push(`name part ${QUALIFIED_MESSAGE}`);
  return errors;
}

/** A label's value. */
export function labelValueErrors(value: string): string[] {
  const errors: string[] = [];
  if (byteLength(value) > LABEL_LENGTH_MAX) {
    errors.push(`must be no more than ${LABEL_LENGTH_MAX} bytes`);
  }
  if (value !== "" && !isQualified.test(value)) {
    errors.push(LABEL_VALUE_MESSAGE);
  }
  return errors;
}

/** A name that is a segment of a path, as RBAC's objects have: nearly anything. */
export function pathSegmentNameErrors(
  value: string,
  prefix: boolean,
): string[] {
  if (!prefix && (value === "." || value === "..")) {
    return [`may not be '${value}'`];
  }
  return ["/", "%"].filter((part) => value.includes(part)).map((part) =>
    `may not contain '${part}'`
  );
}

/** A prefix of a name (generateName) with its trailing dash masked, since a suffix will follow. Upstream masks the character before as well. */
export function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith("-") ? `${name.slice(0, -2)}a` : name;
}
