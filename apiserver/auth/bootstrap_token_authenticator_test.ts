import { assertEquals } from "@std/assert";
import { VirtualClock } from "../../runtime/clock.ts";
import { MemoryStore } from "../../runtime/store/memory_store.ts";
import { BootstrapTokenAuthenticator } from "./bootstrap_token_authenticator.ts";

const TOKEN = "abcdef.0123456789abcdef";

Deno.test("BootstrapTokenAuthenticator knows tokens that may be used so, until they end", async () => {
  const clock = new VirtualClock(Date.parse("2026-01-01T00:00:00Z"));
  const store = new MemoryStore();
  const put = (data: Record<string, string>) =>
    void store.put("/secrets", "kube-system/bootstrap-token-abcdef", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace: "kube-system", name: "bootstrap-token-abcdef" },
      type: "bootstrap.kubernetes.io/token",
      data: Object.fromEntries(
        Object.entries({
          "token-id": "abcdef",
          "token-secret": "0123456789abcdef",
          "usage-bootstrap-authentication": "true",
          expiration: "2026-01-01T00:15:00Z",
          ...data,
        }).map(([key, text]) => [key, btoa(text)]),
      ),
    });
  const authenticator = new BootstrapTokenAuthenticator(store, clock);
  const ask = (token: string) => authenticator.authenticateToken(token, ["any"]);
  assertEquals(ask(TOKEN), undefined);
  put({ "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token" });
  assertEquals(ask(TOKEN), {
    user: {
      name: "system:bootstrap:abcdef",
      groups: ["system:bootstrappers", "system:bootstrappers:kubeadm:default-node-token"],
    },
    audiences: ["any"],
  });
  for (const wrong of ["abcdef.0123456789abcdeg", "uvwxyz.0123456789abcdef", "abcdef"]) {
    assertEquals(ask(wrong), undefined, wrong);
  }
  put({ "usage-bootstrap-authentication": "yes" });
  assertEquals(ask(TOKEN), undefined);
  put({ "auth-extra-groups": "system:masters" });
  assertEquals(ask(TOKEN), undefined);
  put({});
  assertEquals(ask(TOKEN)?.user.name, "system:bootstrap:abcdef");
  await clock.advance(15 * 60_000);
  assertEquals(ask(TOKEN), undefined);
});
