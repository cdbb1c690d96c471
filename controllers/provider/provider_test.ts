import { assert, assertEquals, assertThrows } from "@std/assert";
import type { KubeObject } from "../../runtime/object.ts";
import { IN_MEMORY_KINDS } from "./kinds.ts";
import { startupTime_ms } from "./startup_time.ts";
import { addressIn } from "./subnet_address.ts";
import { componentImage, coreDNSImage } from "./workload/images.ts";

function machine(uid: string, provisioning: object): KubeObject {
  return {
    apiVersion: "infrastructure.cluster.x-k8s.io/v1alpha1",
    kind: "InMemoryMachine",
    metadata: { name: "a", uid },
    spec: { behaviour: { vm: { provisioning } } },
  };
}

Deno.test("startupTime_ms() draws its share of chance once for a machine and a step", () => {
  const time = (one: KubeObject) => startupTime_ms(IN_MEMORY_KINDS, one, "vm");
  assertEquals(time(machine("u", { startupDuration: "10s" })), 10_000);
  assertEquals(startupTime_ms(IN_MEMORY_KINDS, machine("u", {}), "node"), 0);
  const jittered = machine("u", { startupDuration: "10s", startupJitter: "0.2" });
  assertEquals(time(jittered), time(jittered));
  const times = Array.from(
    { length: 100 },
    (_, i) => time(machine(`u${i}`, { startupDuration: "10s", startupJitter: "0.2" })),
  );
  assert(times.every((ms) => ms >= 10_000 && ms < 12_000));
  assert(Math.max(...times) - Math.min(...times) > 1000);
  assertThrows(() => time(machine("u", { startupDuration: "10s", startupJitter: "much" })));
  assertThrows(() => time(machine("u", { startupDuration: "soon" })));
});

Deno.test("addressIn() counts from the first address of a range", () => {
  const cases: [string, number, string][] = [
    ["10.96.0.0/12", 10, "10.96.0.10"],
    ["10.96.5.7/16", 10, "10.96.0.10"],
    ["192.168.0.0/24", 300, "192.168.1.44"],
    ["fd00:10:96::/112", 10, "fd00:10:96::a"],
  ];
  for (const [subnet, number, address] of cases) assertEquals(addressIn(subnet, number), address);
  assertThrows(() => addressIn("nowhere", 1), Error, "is not an address range");
});

Deno.test("componentImage() follows the release", () => {
  assertEquals(
    componentImage("kube-apiserver", "v1.36.0"),
    "registry.k8s.io/kube-apiserver:v1.36.0",
  );
  assertEquals(
    componentImage("kube-scheduler", "v1.33.0+build.1"),
    "registry.k8s.io/kube-scheduler:v1.33.0_build.1",
  );
  assertEquals(componentImage("etcd", "v1.33.4"), "registry.k8s.io/etcd:3.5.21-0");
  assertEquals(componentImage("etcd", "v1.99.0"), componentImage("etcd", "v1.35.0"));
  assertEquals(coreDNSImage("v1.34.1"), "registry.k8s.io/coredns/coredns:v1.12.1");
});
