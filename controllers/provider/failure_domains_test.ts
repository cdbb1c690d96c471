import { assertEquals } from "@std/assert";
import { failureDomainsOf } from "../capi/core/contract.ts";
import { statusOfDomains } from "./failure_domains.ts";

Deno.test("statusOfDomains() speaks the contract that the management cluster has", () => {
  const domains = [
    { name: "east", controlPlane: true, attributes: { region: "one" } },
    { name: "west" },
  ];
  assertEquals(statusOfDomains([], "cluster.x-k8s.io/v1beta2"), undefined);
  for (const contract of ["v1beta1", "v1beta2"] as const) {
    const failureDomains = statusOfDomains(domains, `cluster.x-k8s.io/${contract}`);
    assertEquals(Array.isArray(failureDomains), contract === "v1beta2");
    const cluster = {
      apiVersion: "",
      kind: "",
      metadata: { name: "a" },
      status: { failureDomains },
    };
    assertEquals(failureDomainsOf(cluster, contract), domains);
  }
});
