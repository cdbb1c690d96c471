// Where a webhook is: the `clientConfig` of admission webhooks and of the
// conversion of custom resources, and the address that becomes of it.
// Source: k8s.io/apiserver util/webhook/client.go.

import { Buffer } from "node:buffer";

/** A reference to a service of the cluster. */
export interface WebhookServiceReference {
  /** Where the service is. */
  readonly namespace: string;
  /** The service's name. */
  readonly name: string;
  /** Begins with `/`. Default `/`. */
  readonly path?: string;
  /** Default 443. */
  readonly port?: number;
}

/** `clientConfig`: a URL or a service, and who signs its certificates. */
export interface WebhookClientConfig {
  /** `https://host[:port]/path`. */
  readonly url?: string;
  /** Instead of a URL. */
  readonly service?: WebhookServiceReference;
  /** PEM in base64. Absent or empty: the system's authorities. */
  readonly caBundle?: string;
}

/** A service and one of its ports. */
export interface WebhookService {
  /** Where the service is. */
  readonly namespace: string;
  /** The service's name. */
  readonly name: string;
  /** The service's port. */
  readonly port: number;
}

/** What a webhook is called with. */
export interface WebhookEndpoint {
  /** `https://host[:port]/path`, without a query: what errors name and what functions are registered under. */
  readonly url: string;
  /** Behind which it really is; absent: the URL says it all. */
  readonly service?: WebhookService;
  /** PEM, `""` for the system's authorities. */
  readonly authorities: string;
}

/** The endpoint that a `clientConfig` means. */
export function endpointOf(config: WebhookClientConfig): WebhookEndpoint {
  const authorities = decodeBundle(config.caBundle);
  const { service } = config;
  if (service === undefined) {
    return { url: plainURL(config.url ?? ""), authorities };
  }
  const port = service.port ?? 443;
  return {
    url: serviceURL(service),
    service: { namespace: service.namespace, name: service.name, port },
    authorities,
  };
}

/** The URL under which a service is called: the port is always told. */
export function serviceURL(
  { namespace, name, path = "", port = 443 }: WebhookServiceReference,
): string {
  const absolute = goPath(path.startsWith("/") ? path : `/${path}`);
  return `https://${name}.${namespace}.svc:${port}${absolute}`;
}

/** A URL without query. A port stays in the text even when it is the scheme's own. */
export function plainURL(url: string): string {
  const { origin, pathname } = new URL(url);
  const path = goPath(pathname);
  const port = /^https:\/\/[^/?#]*:443(?:[/?#]|$)/.test(url) ? ":443" : "";
  return `${origin}${port}${path}`;
}

/** A path as Go writes it: only what has to be is escaped. */
function goPath(path: string): string {
  let plain: string;
  try {
    plain = decodeURIComponent(path);
  } catch {
    return path;
  }
  return encodeURIComponent(plain)
    .replace(/%(24|26|2B|2C|2F|3A|3B|3D|40)/g, (escaped) => decodeURIComponent(escaped))
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A bundle of nothing but white space counts as none. */
function decodeBundle(bundle: string | undefined): string {
  if (bundle === undefined) return "";
  const text = Buffer.from(bundle, "base64").toString("latin1");
  return text.trim() === "" ? "" : text;
}
