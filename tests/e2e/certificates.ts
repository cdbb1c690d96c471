// Writes the certificates and the kubeconfig that a kube-apiserver on
// loopback, or a webhook server there, needs. A program for the suites.
// Usage: certificates.ts FOLDER [API_SERVER_PORT KUBECONFIG]

import { createPublicKey } from "node:crypto";
import { systemClock } from "../../runtime/clock.ts";
import { writeKubeconfig } from "../../runtime/kubeconfig.ts";
import { createAuthority, generateKey, issueCertificate, keyToPem } from "../../runtime/pki/mod.ts";

const [folder = ".", port, kubeconfig] = Deno.args;
const now_ms = systemClock.now();
const authority = createAuthority({ commonName: "kubernetes", now_ms });
const serving = issueCertificate(authority, {
  commonName: "localhost",
  dnsNames: ["localhost"],
  ipAddresses: ["127.0.0.1"],
  usages: ["server"],
  now_ms,
});
await Deno.mkdir(folder, { recursive: true });
const write = (name: string, text: string) => Deno.writeTextFile(`${folder}/${name}`, text);
await write("ca.crt", authority.certificate);
await write("tls.crt", serving.certificate);
await write("tls.key", serving.key);
if (port !== undefined && kubeconfig !== undefined) {
  const key = generateKey("RSA-2048");
  await write("sa.key", keyToPem(key));
  await write("sa.pub", createPublicKey(key).export({ type: "spki", format: "pem" }).toString());
  const admin = issueCertificate(authority, {
    commonName: "kubernetes-admin",
    organizations: ["system:masters"],
    usages: ["client"],
    now_ms,
  });
  await Deno.writeTextFile(
    kubeconfig,
    writeKubeconfig({
      cluster: "reference",
      server: `https://127.0.0.1:${port}`,
      authority: authority.certificate,
      user: "kubernetes-admin",
      certificate: admin.certificate,
      key: admin.key,
    }),
  );
}
