// Two bare fake clusters on one port, told apart by path, in place of `capim serve`: what
// kubectl prints must not depend on it. `path_server.ts KUBECONFIG` writes the first one's.

import { ApiServer } from "../../apiserver/mod.ts";
import { Listener, PathFront, pathOf } from "../../apiserver/listener/mod.ts";
import { servingCertificate } from "../../clusters/fake_cluster.ts";
import { systemClock } from "../../runtime/clock.ts";
import { writeKubeconfig } from "../../runtime/kubeconfig.ts";
import { createAuthority, issueCertificate } from "../../runtime/pki/mod.ts";
import { adminUser } from "../../runtime/user.ts";

const HOST = "127.0.0.1";
const NAMESPACE = "default";
const now_ms = systemClock.now();
const [file = "capim.kubeconfig"] = Deno.args;

const port = createAuthority({ commonName: "capim", now_ms });
const paths = new PathFront(systemClock);
const listener = await Listener.open({
  handler: paths,
  host: HOST,
  port: 0,
  serving: servingCertificate(port, HOST, now_ms),
  clientAuthorities: [],
});
for (const name of ["first", "second"]) {
  const authority = createAuthority({ commonName: "kubernetes", now_ms });
  paths.add(NAMESPACE, name, new ApiServer().handler, [authority.certificate]);
  if (name === "second") continue;
  const client = issueCertificate(authority, {
    commonName: adminUser.name,
    organizations: ["system:masters"],
    usages: ["client"],
    now_ms,
  });
  const text = writeKubeconfig({
    cluster: "capim",
    server: `https://${HOST}:${listener.port}${pathOf(NAMESPACE, name)}`,
    authority: port.certificate,
    user: adminUser.name,
    certificate: client.certificate,
    key: client.key,
  });
  await Deno.writeTextFile(file, text, { mode: 0o600 });
}
await Deno.stdout.write(new TextEncoder().encode("ready\n"));
