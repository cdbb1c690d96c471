/**
 * Certificates for clusters that are not there: authorities, serving and
 * client certificates, with RSA and ECDSA keys.
 *
 * @module
 */

export * from "./certificate.ts";
export * from "./client_trust.ts";
