// Why a request was not answered, in the words of Go's net/http, crypto/tls
// and crypto/x509. The platform says less about certificates, so the one
// that was refused is fetched once more and looked at.

import { X509Certificate } from "node:crypto";
import { getServers } from "node:dns";
import { connect as connectPlainly, isIP } from "node:net";
import { connect } from "node:tls";
import { systemClock } from "../../runtime/clock.ts";
import type { WebhookRequest } from "./transport.ts";

interface PlatformError extends Error {
  readonly code?: string;
  readonly address?: string;
  readonly port?: number | string;
}

const CERTIFICATE_CODES: ReadonlySet<string> = new Set([
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
]);

/** How long the certificate that was refused may take to come again. */
const DIAGNOSIS_MS_MAX = 2000;

/** The text for a failed request. */
export async function describeFailure(
  request: WebhookRequest,
  error: PlatformError,
): Promise<string> {
  const { host, port } = placeOf(request);
  const code = error.code ?? "";
  if (CERTIFICATE_CODES.has(code)) return await certificateProblem(request);
  switch (code) {
    case "ECONNREFUSED":
      return dialed(error.address ?? host, error.port ?? port, "connection refused");
    case "EHOSTUNREACH":
      return dialed(error.address ?? host, error.port ?? port, "no route to host");
    case "ENETUNREACH":
      return dialed(error.address ?? host, error.port ?? port, "network is unreachable");
    case "ETIMEDOUT":
      return dialed(error.address ?? host, error.port ?? port, "connection timed out");
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `dial tcp: lookup ${host}${nameServer()}: no such host`;
    case "ECONNRESET":
      return /before secure TLS connection/.test(error.message) || /hang up/.test(error.message)
        ? "EOF"
        : `read tcp ${hostPort(host, port)}: read: connection reset by peer`;
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return await speaksHttp(host, port)
        ? "http: server gave HTTP response to HTTPS client"
        : "tls: first record does not look like a TLS handshake";
    default:
      return error.message;
  }
}

function placeOf({ url, address }: WebhookRequest): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return address ?? { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 443) };
}

function hostPort(host: string, port: number | string): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Go's resolver tells whom it asked. */
function nameServer(): string {
  const [server] = getServers();
  return server === undefined ? "" : ` on ${hostPort(server, 53)}`;
}

/** Whether what answers something that is not HTTP answers in HTTP. */
function speaksHttp(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectPlainly({ host, port, timeout: DIAGNOSIS_MS_MAX });
    socket.on("connect", () => socket.write("\x16\x03\x01\r\n\r\n"));
    socket.on("data", (data) => {
      resolve(data.toString("latin1").startsWith("HTTP/"));
      socket.destroy();
    });
    for (const event of ["error", "close", "timeout"]) {
      socket.on(event, () => {
        resolve(false);
        socket.destroy();
      });
    }
  });
}

function dialed(host: string, port: number | string, why: string): string {
  return `dial tcp ${hostPort(host, port)}: connect: ${why}`;
}

async function certificateProblem(request: WebhookRequest): Promise<string> {
  const prefix = "tls: failed to verify certificate: x509: ";
  const certificate = await peerCertificate(request).catch(() => undefined);
  const unknown = `${prefix}certificate signed by unknown authority`;
  if (certificate === undefined) return unknown;
  const expected = new URL(request.url).hostname.replace(/^\[|\]$/g, "");
  return `${prefix}${
    validityProblem(certificate) ?? nameProblem(certificate, expected) ??
      issuerProblem(certificate, request.authorities)
  }`;
}

function validityProblem(certificate: X509Certificate): string | undefined {
  // The platform compared with the system's time, whatever the cluster's is.
  const now = new Date(systemClock.now());
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  const prefix = `certificate has expired or is not yet valid: current time ${seconds(now)} is`;
  if (now < from) return `${prefix} before ${seconds(from)}`;
  return now > to ? `${prefix} after ${seconds(to)}` : undefined;
}

function seconds(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}

/** Names are compared as Go does: those of the extension alone, the common name never counts. */
function nameProblem(certificate: X509Certificate, expected: string): string | undefined {
  const names = namesOf(certificate);
  if (isIP(expected)) {
    if (names.addresses.includes(expected)) return undefined;
    return names.addresses.length === 0
      ? `cannot validate certificate for ${expected} because it doesn't contain any IP SANs`
      : `certificate is valid for ${names.addresses.join(", ")}, not ${expected}`;
  }
  if (names.dns.some((pattern) => matches(pattern, expected))) return undefined;
  if (names.dns.length > 0) {
    return `certificate is valid for ${names.dns.join(", ")}, not ${expected}`;
  }
  return names.addresses.length === 0 && /(?:^|\n)CN=/.test(certificate.subject)
    ? "certificate relies on legacy Common Name field, use SANs instead"
    : `certificate is not valid for any names, but wanted to match ${expected}`;
}

function namesOf({ subjectAltName }: X509Certificate): { dns: string[]; addresses: string[] } {
  const dns: string[] = [];
  const addresses: string[] = [];
  for (const entry of subjectAltName?.split(", ") ?? []) {
    if (entry.startsWith("DNS:")) dns.push(entry.slice(4));
    else if (entry.startsWith("IP Address:")) addresses.push(entry.slice(11));
  }
  return { dns, addresses };
}

function matches(pattern: string, name: string): boolean {
  const [wanted, given] = [pattern.toLowerCase().split("."), name.toLowerCase().split(".")];
  return wanted.length === given.length &&
    wanted.every((label, i) => label === given[i] || (i === 0 && label === "*"));
}

/** Names and times are right, so it is who signed it, or what it is for. */
function issuerProblem(certificate: X509Certificate, authorities: string): string {
  const bundle = authorities.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g);
  for (const pem of bundle ?? []) {
    const authority = new X509Certificate(pem);
    if (authority.subject !== certificate.issuer) continue;
    if (certificate.verify(authority.publicKey)) {
      return "certificate specifies an incompatible key usage";
    }
    const kind = authority.publicKey.asymmetricKeyType === "rsa"
      ? "crypto/rsa: verification error"
      : "x509: ECDSA verification failure";
    const name = /(?:^|\n)CN=(.*)/.exec(authority.subject)?.[1] ?? "";
    return `certificate signed by unknown authority (possibly because of ${
      JSON.stringify(kind)
    } while trying to verify candidate authority certificate ${JSON.stringify(name)})`;
  }
  return "certificate signed by unknown authority";
}

/** Asks for the certificate without believing it; nothing is sent. */
function peerCertificate(request: WebhookRequest): Promise<X509Certificate> {
  const { host, port } = placeOf(request);
  const { hostname } = new URL(request.url);
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      servername: isIP(hostname) ? "" : hostname,
      rejectUnauthorized: false,
      timeout: DIAGNOSIS_MS_MAX,
    }, () => {
      const { raw } = socket.getPeerCertificate(true);
      socket.destroy();
      resolve(new X509Certificate(raw));
    });
    socket.on("error", reject);
    socket.on("timeout", () => socket.destroy(new Error("no certificate in time")));
  });
}
