// Checks of names, label keys and values, ports, environment variables and
// the like: each answers a list of messages, empty when the value is good,
// with the texts of k8s.io/apimachinery/pkg/util/validation and
// pkg/api/validate/content. Addresses are in ip.ts.

import { byteLength } from "./_byte_length.ts";

export { byteLength } from "./_byte_length.ts";

/** The longest DNS label. */
export const DNS1123_LABEL_BYTES_MAX = 63;
/** The longest DNS subdomain, and so the longest name of most objects. */
export const DNS1123_SUBDOMAIN_BYTES_MAX = 253;
/** The longest label value. */
export const LABEL_VALUE_BYTES_MAX = 63;

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_UNDERSCORE = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const SUBDOMAIN_UNDERSCORE = `${LABEL_UNDERSCORE}(\\.${LABEL_UNDERSCORE})*`;
const DNS1035_LABEL = "[a-z]([-a-z0-9]*[a-z0-9])?";
const WILDCARD = `\\*\\.${SUBDOMAIN}`;
const C_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*";
const LABEL_KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE = `(${LABEL_KEY})?`;
const PERCENT = "[0-9]+%";
const HTTP_HEADER = "[-A-Za-z0-9]+";
const ENV_VAR = "[-._a-zA-Z][-._a-zA-Z0-9]*";
const CONFIG_MAP_KEY = "[-._a-zA-Z0-9]+";
const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

const whole = (source: string, flags = "") => new RegExp(`^${source}$`, flags);
const labelPattern = whole(LABEL);
const subdomainPattern = whole(SUBDOMAIN);
const subdomainCaselessPattern = whole(SUBDOMAIN, "i");
const subdomainUnderscorePattern = whole(SUBDOMAIN_UNDERSCORE);
const dns1035Pattern = whole(DNS1035_LABEL);
const wildcardPattern = whole(WILDCARD);
const cIdentifierPattern = whole(C_IDENTIFIER);
const labelKeyPattern = whole(LABEL_KEY);
const labelValuePattern = whole(LABEL_VALUE);
const percentPattern = whole(PERCENT);
const httpHeaderPattern = whole(HTTP_HEADER);
const envVarPattern = whole(ENV_VAR);
const configMapKeyPattern = whole(CONFIG_MAP_KEY);
const httpPathPattern = whole(HTTP_PATH);

const LABEL_WORDS =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const SUBDOMAIN_WORDS =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const SUBDOMAIN_CASELESS_WORDS =
  "an RFC 1123 subdomain must consist of alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const SUBDOMAIN_UNDERSCORE_WORDS =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character";
const DNS1035_WORDS =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const WILDCARD_WORDS =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
const C_IDENTIFIER_WORDS =
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'";
const LABEL_KEY_WORDS =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const LABEL_VALUE_WORDS =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const ENV_VAR_WORDS =
  "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit";
const ENV_VAR_RELAXED_WORDS =
  "a valid environment variable name must consist only of printable ASCII characters other than '='";

/** `must be no more than N characters`: what most checks say of a long value. */
export function maxLengthMessage(length: number): string {
  return `must be no more than ${length} characters`;
}

/** `must be no more than N bytes`: what checks of label keys and values say of a long one. */
export function maxBytesMessage(length: number): string {
  return `must be no more than ${length} bytes`;
}

/** `must be between LO and HI, inclusive`. */
export function rangeMessage(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

/** `words (e.g. 'a',  or 'b', regex used for validation is '…')`, with upstream's own punctuation. */
export function regexMessage(
  words: string,
  source: string,
  ...examples: string[]
): string {
  if (examples.length === 0) {
    return `${words} (regex used for validation is '${source}')`;
  }
  const list = examples.map((example) => `'${example}', `).join(" or ");
  return `${words} (e.g. ${list}regex used for validation is '${source}')`;
}

/** Whether `text` takes more than `max` bytes of UTF-8. */
export function longerThan(text: string, max: number): boolean {
  if (text.length > max) return true;
  return text.length * 3 > max && byteLength(text) > max;
}

function checked(
  value: string,
  max: number,
  tooLong: (max: number) => string,
  pattern: RegExp,
  message: () => string,
): string[] {
  const messages: string[] = [];
  if (longerThan(value, max)) messages.push(tooLong(max));
  if (!pattern.test(value)) messages.push(message());
  return messages;
}

/** A DNS label (RFC 1123). */
export function isDNS1123Label(value: string): string[] {
  return checked(
    value,
    63,
    maxLengthMessage,
    labelPattern,
    () =>
      subdomainPattern.test(value)
        ? "must not contain dots"
        : regexMessage(LABEL_WORDS, LABEL, "my-name", "123-abc"),
  );
}

/** A DNS subdomain (RFC 1123): what most names are. */
export function isDNS1123Subdomain(value: string): string[] {
  return checked(
    value,
    253,
    maxLengthMessage,
    subdomainPattern,
    () => regexMessage(SUBDOMAIN_WORDS, SUBDOMAIN, "example.com"),
  );
}

/** A DNS subdomain in which capitals are allowed (names of CSI and DRA drivers). */
export function isDNS1123SubdomainCaseless(value: string): string[] {
  return checked(
    value,
    253,
    maxBytesMessage,
    subdomainCaselessPattern,
    () => regexMessage(SUBDOMAIN_CASELESS_WORDS, SUBDOMAIN, "Example.com"),
  );
}

/** A DNS subdomain in which underscores are allowed. */
export function isDNS1123SubdomainWithUnderscore(value: string): string[] {
  return checked(
    value,
    253,
    maxLengthMessage,
    subdomainUnderscorePattern,
    () =>
      regexMessage(
        SUBDOMAIN_UNDERSCORE_WORDS,
        SUBDOMAIN_UNDERSCORE,
        "example.com",
      ),
  );
}

/** A DNS label that starts with a letter (RFC 1035): names of services. */
export function isDNS1035Label(value: string): string[] {
  return checked(
    value,
    63,
    maxLengthMessage,
    dns1035Pattern,
    () => regexMessage(DNS1035_WORDS, DNS1035_LABEL, "my-name", "abc-123"),
  );
}

/** `*.` and a DNS subdomain. */
export function isWildcardDNS1123Subdomain(value: string): string[] {
  return checked(
    value,
    253,
    maxLengthMessage,
    wildcardPattern,
    () => regexMessage(WILDCARD_WORDS, WILDCARD, "*.example.com"),
  );
}

/** An identifier of C. */
export function isCIdentifier(value: string): string[] {
  return cIdentifierPattern.test(value) ? [] : [
    regexMessage(
      C_IDENTIFIER_WORDS,
      C_IDENTIFIER,
      "my_name",
      "MY_NAME",
      "MyName",
    ),
  ];
}

/** A label key: a name, with a DNS subdomain and a slash before it if need be. */
export function isQualifiedName(value: string): string[] {
  const parts = value.split("/");
  if (parts.length > 2) {
    return [
      `a valid label key ${
        regexMessage(LABEL_KEY_WORDS, LABEL_KEY, "MyName", "my.name", "123-abc")
      } with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const messages: string[] = [];
  const name = parts[parts.length - 1] ?? "";
  if (parts.length === 2) messages.push(...prefixMessages(parts[0] ?? ""));
  if (name === "") messages.push("name part must be non-empty");
  else if (longerThan(name, 63)) {
    messages.push(`name part ${maxBytesMessage(63)}`);
  }
  if (!labelKeyPattern.test(name)) {
    messages.push(
      `name part ${regexMessage(LABEL_KEY_WORDS, LABEL_KEY, "MyName", "my.name", "123-abc")}`,
    );
  }
  return messages;
}

function prefixMessages(prefix: string): string[] {
  if (prefix === "") return ["prefix part must be non-empty"];
  return checked(
    prefix,
    253,
    maxBytesMessage,
    subdomainPattern,
    () => regexMessage(SUBDOMAIN_WORDS, SUBDOMAIN, "example.com"),
  ).map((message) => `prefix part ${message}`);
}

/** The value of a label. */
export function isValidLabelValue(value: string): string[] {
  return checked(
    value,
    LABEL_VALUE_BYTES_MAX,
    maxBytesMessage,
    labelValuePattern,
    () =>
      regexMessage(
        LABEL_VALUE_WORDS,
        LABEL_VALUE,
        "MyValue",
        "my_value",
        "12345",
      ),
  );
}

/** A port number. */
export function isValidPortNum(port: number): string[] {
  return isInRange(port, 1, 65535);
}

/** A number within bounds, inclusive. */
export function isInRange(value: number, low: number, high: number): string[] {
  return value >= low && value <= high ? [] : [rangeMessage(low, high)];
}

/** A user id. */
export function isValidUserID(uid: number): string[] {
  return isInRange(uid, 0, 2 ** 31 - 1);
}

/** A group id. */
export function isValidGroupID(gid: number): string[] {
  return isInRange(gid, 0, 2 ** 31 - 1);
}

/** The name of a port (an IANA service name). */
export function isValidPortName(port: string): string[] {
  const messages: string[] = [];
  if (longerThan(port, 15)) messages.push(maxLengthMessage(15));
  if (!/^[-a-z0-9]+$/.test(port)) {
    messages.push(
      "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
    );
  }
  if (!/[a-z]/.test(port)) {
    messages.push("must contain at least one letter (a-z)");
  }
  if (port.includes("--")) {
    messages.push("must not contain consecutive hyphens");
  }
  if (port.startsWith("-") || port.endsWith("-")) {
    messages.push("must not begin or end with a hyphen");
  }
  return messages;
}

/** A percentage such as `25%`. */
export function isValidPercent(value: string): string[] {
  return percentPattern.test(value) ? [] : [
    regexMessage(
      "a valid percent string must be a numeric string followed by an ending '%'",
      PERCENT,
      "1%",
      "93%",
    ),
  ];
}

/** The name of an HTTP header. */
export function isHTTPHeaderName(value: string): string[] {
  return httpHeaderPattern.test(value) ? [] : [
    regexMessage(
      "a valid HTTP header must consist of alphanumeric characters or '-'",
      HTTP_HEADER,
      "X-Header-Name",
    ),
  ];
}

function chDirMessages(value: string): string[] {
  if (value === ".") return ["must not be '.'"];
  if (value === "..") return ["must not be '..'"];
  return value.startsWith("..") ? ["must not start with '..'"] : [];
}

/** The name of an environment variable, strictly. */
export function isEnvVarName(value: string): string[] {
  const messages = envVarPattern.test(value) ? [] : [
    regexMessage(
      ENV_VAR_WORDS,
      ENV_VAR,
      "my.env-name",
      "MY_ENV.NAME",
      "MyEnvName1",
    ),
  ];
  return [...messages, ...chDirMessages(value)];
}

/** The name of an environment variable as pods may give it: printable ASCII without `=`. */
export function isRelaxedEnvVarName(value: string): string[] {
  const messages: string[] = [];
  if (value === "") {
    messages.push("environment variable name must be non-empty");
  }
  if (!/^[ -<>-~]*$/.test(value)) messages.push(ENV_VAR_RELAXED_WORDS);
  return messages;
}

/** A key of a ConfigMap or Secret. */
export function isConfigMapKey(value: string): string[] {
  const messages = checked(
    value,
    253,
    maxLengthMessage,
    configMapKeyPattern,
    () =>
      regexMessage(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        CONFIG_MAP_KEY,
        "key.name",
        "KEY_NAME",
        "key-name",
      ),
  );
  return [...messages, ...chDirMessages(value)];
}

/** A name that can stand as a segment of a path (names of RBAC objects). */
export function isPathSegmentName(value: string): string[] {
  if (value === "." || value === "..") return [`may not be '${value}'`];
  return isPathSegmentPrefix(value);
}

/** The start of a name that can stand as a segment of a path. */
export function isPathSegmentPrefix(value: string): string[] {
  return ["/", "%"].filter((part) => value.includes(part)).map((part) =>
    `may not contain '${part}'`
  );
}

/** Characters allowed in the path of an HTTP request (RFC 3986). */
export function isHTTPPath(value: string): string[] {
  return httpPathPattern.test(value) ? [] : [regexMessage("Invalid path", HTTP_PATH)];
}

/** An integer as people write it: no leading zeros, no plus sign. */
export function isDecimalInteger(value: string): string[] {
  if (value === "") return ["must be non-empty"];
  return /^(0|-?[1-9][0-9]*)$/.test(value)
    ? []
    : ["must be a valid decimal integer in canonical form"];
}

/**
 * Stands in for the suffix that will follow a `generateName` ending in a dash.
 * Upstream cuts two characters and adds one; so does this.
 */
export function maskTrailingDash(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith("-") ? `${prefix.slice(0, -2)}a` : prefix;
}

/** `Strategy.validateName` for names that are DNS subdomains. */
export function nameIsDNSSubdomain(name: string, prefix: boolean): string[] {
  return isDNS1123Subdomain(prefix ? maskTrailingDash(name) : name);
}

/** `Strategy.validateName` for names that are DNS labels. */
export function nameIsDNSLabel(name: string, prefix: boolean): string[] {
  return isDNS1123Label(prefix ? maskTrailingDash(name) : name);
}

/** `Strategy.validateName` for names that are RFC 1035 labels. */
export function nameIsDNS1035Label(name: string, prefix: boolean): string[] {
  return isDNS1035Label(prefix ? maskTrailingDash(name) : name);
}

/** `Strategy.validateName` for names that only have to fit into a path. */
export function nameIsPathSegment(name: string, prefix: boolean): string[] {
  return prefix ? isPathSegmentPrefix(name) : isPathSegmentName(name);
}
