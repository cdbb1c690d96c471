// Single texts in YAML that is written without a YAML library.

// What no reader of YAML takes for anything but itself.
const PLAIN = /^[A-Za-z/][\w./@+=:-]*[\w./@+=-]$/;
const RESERVED = /^(true|false|null|yes|no|on|off)$/i;

/** A text as YAML: as it is where that is safe, otherwise in JSON's quotes. */
export function yamlScalar(text: string): string {
  return PLAIN.test(text) && !RESERVED.test(text) ? text : JSON.stringify(text);
}
