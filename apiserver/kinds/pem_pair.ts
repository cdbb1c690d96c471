// What crypto/tls X509KeyPair says of a certificate and key that cannot be
// read, as far as the PEM armour tells. Secrets of type kubernetes.io/tls
// show it as a warning.

/** The labels of the blocks that are closed. */
function labels(pem: string): string[] {
  const found: string[] = [];
  let open: string | undefined;
  for (const line of pem.split("\n")) {
    const text = line.trim();
    if (text.startsWith("-----BEGIN ") && text.endsWith("-----")) {
      open = text.slice(11, -5);
    } else if (open !== undefined && text === `-----END ${open}-----`) {
      found.push(open);
      open = undefined;
    }
  }
  return found;
}

/** The first problem of the pair, or `undefined`. */
export function keyPairError(
  certificate: string,
  key: string,
): string | undefined {
  const found = labels(certificate);
  if (found.length === 0) {
    return "tls: failed to find any PEM data in certificate input";
  }
  if (!found.includes("CERTIFICATE")) {
    if (found.length === 1 && found[0]?.endsWith("PRIVATE KEY")) {
      return "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched";
    }
    return `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${
      found.join(" ")
    }]`;
  }
  const keys = labels(key);
  if (keys.length === 0) return "tls: failed to find any PEM data in key input";
  if (
    !keys.some((label) => label === "PRIVATE KEY" || label.endsWith(" PRIVATE KEY"))
  ) {
    if (keys.length === 1 && keys[0] === "CERTIFICATE") {
      return "tls: found a certificate rather than a key in the PEM for the private key";
    }
    return `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${
      keys.join(" ")
    }]`;
  }
  return undefined;
}
