// URLs as Go's net/url reads them. Source: Kubernetes' urls library.

import { goQuote } from "../../go_text.ts";
import { isRequestUri } from "../../schema/_request_uri.ts";
import { declare } from "../declarations.ts";
import type { Library } from "../environment.ts";
import { structType, type Type } from "../types.ts";
import { ArrayList, EntryMap, fail, Opaque, type Value } from "../values.ts";

const URL_TYPE = structType("kubernetes.URL");

/** A parsed URL. */
export class URLValue extends Opaque {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;

  constructor(readonly text: string) {
    super();
    let rest = text.replace(/#.*$/s, "");
    const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(rest)?.[1] ?? "";
    this.scheme = scheme.toLowerCase();
    if (scheme !== "") rest = rest.slice(scheme.length + 1);
    const mark = rest.indexOf("?");
    this.query = mark < 0 ? "" : rest.slice(mark + 1);
    if (mark >= 0) rest = rest.slice(0, mark);
    const authority = /^\/\/([^/]*)/.exec(rest);
    if (authority !== null && (scheme !== "" || !rest.startsWith("///"))) {
      this.host = authority[1]!.slice(authority[1]!.lastIndexOf("@") + 1).replace(
        /%25/g,
        "%",
      );
      rest = rest.slice(authority[0].length);
    } else this.host = "";
    this.path = rest.startsWith("/") || scheme === "" ? rest : "";
  }

  get celType(): Type {
    return URL_TYPE;
  }

  override equals(other: Value): boolean {
    return other instanceof URLValue && other.text === this.text;
  }

  get hostname(): string {
    const bracketed = /^\[([^\]]*)\]/.exec(this.host);
    return bracketed?.[1] ?? this.host.replace(/:[0-9]*$/, "");
  }

  get port(): string {
    return /:([0-9]*)$/.exec(this.host.replace(/^\[[^\]]*\]/, ""))?.[1] ?? "";
  }

  /** The path with what Go would escape escaped. */
  get escapedPath(): string {
    if (this.path === "*") return "*";
    return /^(?:[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]]|%[0-9A-Fa-f]{2})*$/.test(this.path)
      ? this.path
      : escapePath(this.path);
  }

  queryValues(): EntryMap {
    const values = new Map<string, string[]>();
    for (const pair of this.query.split("&")) {
      if (pair === "" || pair.includes(";")) continue;
      const equals = pair.indexOf("=");
      const key = unescapeQuery(equals < 0 ? pair : pair.slice(0, equals));
      const value = unescapeQuery(equals < 0 ? "" : pair.slice(equals + 1));
      if (key === undefined || value === undefined) continue;
      const known = values.get(key);
      if (known === undefined) values.set(key, [value]);
      else known.push(value);
    }
    return new EntryMap([...values].map(([key, list]) => [key, new ArrayList(list)]));
  }
}

function escapePath(path: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    decoded = path;
  }
  return encodeURI(decoded).replaceAll("?", "%3F").replaceAll("#", "%23").replaceAll("[", "%5B")
    .replaceAll("]", "%5D").replace(
      /[!'()*]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    );
}

function unescapeQuery(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

function read(text: string): URLValue {
  if (!isRequestUri(text)) {
    return fail(
      `URL parse error during conversion from string: parse ${goQuote(text)}: ${uriProblem(text)}`,
    );
  }
  return new URLValue(text);
}

// deno-lint-ignore no-control-regex -- they are what is looked for
const CONTROL = /[\0-\x1f\x7f]/;

/** Why Go refuses a request URI. */
export function uriProblem(text: string): string {
  if (text === "") return "empty url";
  if (CONTROL.test(text)) return "net/url: invalid control character in URL";
  if (text.startsWith(":")) return "missing protocol scheme";
  const escape = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(text);
  if (escape !== null) return `invalid URL escape ${goQuote(escape[0])}`;
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text);
  if (!scheme && !text.startsWith("/")) return "invalid URI for request";
  const port = /^[^/]*\/\/[^/]*?(:[^/\]:]*)$|^[^/]*\/\/[^/]*?(:[^/\]:]*)\//.exec(text);
  const wrong = port?.[1] ?? port?.[2];
  if (wrong !== undefined && !/^:[0-9]*$/.test(wrong)) {
    return `invalid port ${goQuote(wrong)} after host`;
  }
  const character = /\/\/[^/]*?([ "<>\\^`{|}])/.exec(text)?.[1];
  if (character !== undefined) return `invalid character ${goQuote(character)} in host name`;
  return "invalid URI for request";
}

const of = (value: Value | undefined): URLValue => value as URLValue;
const type = "kubernetes.URL";
const part = (name: string, id: string, read: (url: URLValue) => string) =>
  declare(name, [[id, `${type}.() -> string`]], (url) => read(of(url)));

/** Kubernetes' urls library. */
export const URLS: Library = {
  types: [URL_TYPE],
  functions: [
    declare("url", [["string_to_url", `(string) -> ${type}`]], (text) => read(text as string)),
    part("getScheme", "url_get_scheme", (url) => url.scheme),
    part("getHost", "url_get_host", (url) => url.host),
    part("getHostname", "url_get_hostname", (url) => url.hostname),
    part("getPort", "url_get_port", (url) => url.port),
    part("getEscapedPath", "url_get_escaped_path", (url) => url.escapedPath),
    declare(
      "getQuery",
      [["url_get_query", `${type}.() -> map(string, list(string))`]],
      (url) => of(url).queryValues(),
    ),
    declare(
      "isURL",
      [["is_url_string", "(string) -> bool"]],
      (text) => isRequestUri(text as string),
    ),
  ],
};
