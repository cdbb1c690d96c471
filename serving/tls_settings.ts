// What TLS servers demand, in the words of Kubernetes' flags, and what it
// is called in the library underneath. Source: k8s.io/component-base
// cli/flag, and the cipher suites of Go's crypto/tls that are there here.

/** What `--tls-min-version` takes. */
export const TLS_VERSIONS: Readonly<Record<string, "TLSv1.2" | "TLSv1.3">> = {
  VersionTLS12: "TLSv1.2",
  VersionTLS13: "TLSv1.3",
};

/** What `--tls-cipher-suites` takes: IANA names of suites of TLS 1.2. Those of TLS 1.3 are always on. */
export const TLS_CIPHER_SUITES: Readonly<Record<string, string>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: "ECDHE-ECDSA-AES128-GCM-SHA256",
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: "ECDHE-ECDSA-AES256-GCM-SHA384",
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-ECDSA-CHACHA20-POLY1305",
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: "ECDHE-RSA-AES128-GCM-SHA256",
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: "ECDHE-RSA-AES256-GCM-SHA384",
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-RSA-CHACHA20-POLY1305",
};

/** What belongs to TLS 1.3 whatever is chosen. */
const TLS_13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

/** The ciphers of a TLS server with these suites. Throws `TypeError` with one line for one that is not there. */
export function cipherList(suites: readonly string[]): string {
  const names = suites.flatMap((suite) => {
    if (TLS_13.includes(suite)) return [];
    const name = TLS_CIPHER_SUITES[suite];
    if (name === undefined) {
      const known = Object.keys(TLS_CIPHER_SUITES).join(", ");
      throw new TypeError(`"${suite}" is no cipher suite that is there; choose from ${known}`);
    }
    return [name];
  });
  return [...TLS_13, ...names].join(":");
}
