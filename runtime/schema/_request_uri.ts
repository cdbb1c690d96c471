// Whether a text is a URI as Go's net/url.ParseRequestURI takes it: absolute,
// or an absolute path.

import { parseIP } from "../ip.ts";

// deno-lint-ignore no-control-regex -- control characters are what is refused
const CONTROL = /[\u0000-\u001f\u007f]/;
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/;
const BAD_ESCAPE = /%(?![0-9a-fA-F]{2})/;
const HOST = /^[A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"%\u0080-\uffff]*$/;
// In hosts only bytes beyond ASCII, and the percent sign itself, may be escaped.
const BAD_HOST_ESCAPE = /%(?!25)[0-7]/;
const USER = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;
const PORT = /^(?::[0-9]*)?$/;

function isHostText(host: string): boolean {
  return HOST.test(host) && !BAD_ESCAPE.test(host) && !BAD_HOST_ESCAPE.test(host);
}

/** A zone may escape anything that may stand in a host, and the space. */
function isZone(text: string): boolean {
  if (!HOST.test(text) || BAD_ESCAPE.test(text)) return false;
  return [...text.matchAll(/%([0-9a-fA-F]{2})/g)].every(([, hex = ""]) => {
    const code = parseInt(hex, 16);
    return code === 0x20 || code >= 0x80 || HOST.test(String.fromCharCode(code));
  });
}

/** What stands between brackets: IPv6, with a zone after `%25` if need be. */
function isLiteral(text: string): boolean {
  const zone = text.indexOf("%25");
  if (zone >= 0 && (zone + 3 === text.length || !isZone(text.slice(zone + 3)))) return false;
  const address = zone < 0 ? text : text.slice(0, zone);
  return address.includes(":") && parseIP(address)?.strict === true;
}

function isHost(scheme: string, host: string): boolean {
  const open = host.lastIndexOf("[");
  if (open > 0) return false;
  if (open === 0) {
    const close = host.lastIndexOf("]");
    return close >= 0 && PORT.test(host.slice(close + 1)) && isLiteral(host.slice(1, close));
  }
  // A list of hosts with ports is allowed where the scheme is not HTTP's.
  const strict = scheme === "http" || scheme === "https";
  const colon = strict ? host.indexOf(":") : host.lastIndexOf(":");
  if (colon >= 0 && !PORT.test(host.slice(colon))) return false;
  return isHostText(host);
}

function isAuthority(scheme: string, authority: string): boolean {
  const at = authority.lastIndexOf("@");
  const user = authority.slice(0, Math.max(0, at));
  if (!USER.test(user) || BAD_ESCAPE.test(user)) return false;
  return isHost(scheme, authority.slice(at + 1));
}

/** Whether the text is a URI to request. */
export function isRequestUri(text: string): boolean {
  if (text === "" || CONTROL.test(text) || text.startsWith(":")) return false;
  if (text === "*") return true;
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase() ?? "";
  let rest = scheme === "" ? text : text.slice(scheme.length + 1);
  const query = rest.indexOf("?");
  if (query >= 0) rest = rest.slice(0, query);
  if (!rest.startsWith("/")) return scheme !== "";
  if (scheme !== "" && rest.startsWith("//")) {
    const slash = rest.indexOf("/", 2);
    if (!isAuthority(scheme, rest.slice(2, slash < 0 ? undefined : slash))) return false;
    rest = slash < 0 ? "" : rest.slice(slash);
  }
  return !BAD_ESCAPE.test(rest);
}
