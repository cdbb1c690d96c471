// The headers of a request as a record, or the reason why they are none.
// Source: RFC 9113, 8.2 and 8.3; which headers have one value: RFC 9110.

/** A request's headers, names in lower case. */
export type RequestHeaders = Record<string, string | undefined>;

const PSEUDO_HEADERS: ReadonlySet<string> = new Set([
  ":method",
  ":path",
  ":scheme",
  ":authority",
]);

/** What belongs to a connection of HTTP/1.1. */
const FORBIDDEN: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** Of several, the first counts. */
const SINGLE: ReadonlySet<string> = new Set([
  "age",
  "authorization",
  "content-length",
  "content-type",
  "etag",
  "expires",
  "from",
  "host",
  "if-modified-since",
  "if-unmodified-since",
  "last-modified",
  "location",
  "max-forwards",
  "proxy-authorization",
  "referer",
  "retry-after",
  "user-agent",
]);

/** Visible letters without capitals and separators. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
// deno-lint-ignore no-control-regex -- what must not be in a value
const NO_VALUE = /[\x00\r\n]/;

/** Names seen before: most requests have the same few. */
const goodNames = new Set<string>();
const GOOD_NAMES_MAX = 512;

/** Collects what a decoder reads. */
export class HeaderCollector {
  readonly headers: RequestHeaders = {};
  #regular = false;
  #malformed = false;

  /** Takes the next one. */
  readonly take = (name: string, value: string): void => {
    if (name.charCodeAt(0) === 0x3a) return this.#takePseudo(name, value);
    this.#regular = true;
    if (!isName(name) || FORBIDDEN.has(name) || NO_VALUE.test(value)) this.#malformed = true;
    else if (name === "te" && value !== "trailers") this.#malformed = true;
    else this.#add(name, value);
  };

  /** Whether they make a request. */
  get wellFormed(): boolean {
    const { ":method": method, ":path": path, ":scheme": scheme } = this.headers;
    return !this.#malformed && !!method && !!path && !!scheme;
  }

  #takePseudo(name: string, value: string): void {
    if (
      this.#regular || !PSEUDO_HEADERS.has(name) || this.headers[name] !== undefined ||
      NO_VALUE.test(value)
    ) this.#malformed = true;
    else this.headers[name] = value;
  }

  #add(name: string, value: string): void {
    const known = Object.hasOwn(this.headers, name) ? this.headers[name] : undefined;
    if (known === undefined) this.headers[name] = value;
    else if (name === "cookie") this.headers[name] = `${known}; ${value}`;
    else if (!SINGLE.has(name)) this.headers[name] = `${known}, ${value}`;
  }
}

function isName(name: string): boolean {
  if (goodNames.has(name)) return true;
  // A setter of every object, not a header.
  if (!NAME.test(name) || name === "__proto__") return false;
  if (goodNames.size < GOOD_NAMES_MAX) goodNames.add(name);
  return true;
}
