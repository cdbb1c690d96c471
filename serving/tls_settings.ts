// What TLS servers demand and offer, in the words of Kubernetes' flags.
// Source: k8s.io/component-base cli/flag, and the cipher suites of Go's
// crypto/tls that are there here.

/** What `--tls-min-version` takes. */
export const TLS_VERSIONS: Readonly<Record<string, "TLSv1.2" | "TLSv1.3">> = {
  VersionTLS12: "TLSv1.2",
  VersionTLS13: "TLSv1.3",
};

/**
 * What `--tls-cipher-suites` takes: the suites that TLS servers here offer, by their IANA names. The TLS library
 * chooses among them itself and takes no list, so that none of them can be left out.
 */
export const TLS_CIPHER_SUITES: readonly string[] = [
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
];
