// kubeadm's documents and the ConfigMap that holds one of them.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { parse } from "@std/yaml";
import type { JsonObject } from "../../../runtime/object.ts";
import { cloudConfig } from "./bootstrap_data.ts";
import { corednsImageFor, ensureNoDowngrade } from "./coredns.ts";
import {
  clusterConfigurationDocument,
  initConfigurationDocument,
  joinConfigurationDocument,
  kubeadmApiVersion,
} from "./documents.ts";
import { parseImage, printImage } from "./image.ts";
import { updatedClusterConfiguration } from "./kubeadm_config_map.ts";
import { labelValueOf, machineName } from "./names.ts";
import { SeededRandom } from "../../../runtime/random.ts";

const facts = { clusterName: "c", kubernetesVersion: "v1.33.0", podSubnet: "10.0.0.0/8" };

Deno.test("kubeadmApiVersion() follows the machine's version", () => {
  assertEquals(kubeadmApiVersion("v1.30.4"), "kubeadm.k8s.io/v1beta3");
  assertEquals(kubeadmApiVersion("v1.31.0-rc.0"), "kubeadm.k8s.io/v1beta4");
  assertThrows(() => kubeadmApiVersion("v1.21.0"), Error, "the oldest is v1.22");
});

Deno.test("documents say the same in both versions of the API", () => {
  const configuration: JsonObject = {
    apiServer: { extraArgs: [{ name: "v", value: "2" }], extraEnvs: [{ name: "E", value: "1" }] },
    certificateValidityPeriodDays: 10,
    encryptionAlgorithm: "ECDSA-P256",
  };
  const init = { timeouts: { controlPlaneComponentHealthCheckSeconds: 90 } };
  const v4 = clusterConfigurationDocument(configuration, facts, "kubeadm.k8s.io/v1beta4", init);
  assertEquals(v4.apiServer, configuration.apiServer);
  assertEquals(v4.certificateValidityPeriod, "240h0m0s");
  assertEquals(v4.networking, { podSubnet: "10.0.0.0/8" });
  const v3 = clusterConfigurationDocument(configuration, facts, "kubeadm.k8s.io/v1beta3", init);
  assertEquals(v3.apiServer, { extraArgs: { v: "2" }, timeoutForControlPlane: "1m30s" });
  assertEquals(v3.encryptionAlgorithm, undefined);
  assertEquals(initConfigurationDocument(init, "kubeadm.k8s.io/v1beta4").timeouts, {
    controlPlaneComponentHealthCheck: "1m30s",
  });
  const join = { timeouts: { tlsBootstrapSeconds: 3600 }, discovery: { tlsBootstrapToken: "t" } };
  assertEquals(joinConfigurationDocument(join, "kubeadm.k8s.io/v1beta3").discovery, {
    tlsBootstrapToken: "t",
    timeout: "1h0m0s",
  });
});

Deno.test("cloudConfig() writes what cloud-init reads", () => {
  const text = cloudConfig({
    spec: { preKubeadmCommands: ["echo a"], verbosity: 5, ntp: { enabled: true } },
    certificates: [{
      purpose: "ca",
      certificateFile: "/pki/ca.crt",
      keyFile: "/pki/ca.key",
      external: false,
      pair: { certificate: "C\n", key: "K\n" },
    }],
    files: [{ path: "/x", content: "y" }],
    users: [{ name: "u", sshAuthorizedKeys: ["k"] }],
    documents: ["kind: A\n", "kind: B\n"],
    command: "join",
  });
  assert(text.startsWith("## template: jinja\n#cloud-config\n\n"));
  const parsed = parse(text) as {
    write_files: { path: string; permissions?: string; content: string }[];
    runcmd: string[];
    users: JsonObject[];
  };
  assertEquals(parsed.write_files.map(({ path, permissions }) => [path, permissions]), [
    ["/pki/ca.crt", "0640"],
    ["/pki/ca.key", "0600"],
    ["/x", undefined],
    ["/run/kubeadm/kubeadm-join-config.yaml", "0640"],
    ["/run/cluster-api/placeholder", "0640"],
  ]);
  assertEquals(parsed.write_files[3]?.content, "---\nkind: A\n---\nkind: B\n");
  assertEquals(parsed.runcmd, [
    "echo a",
    "kubeadm join --config /run/kubeadm/kubeadm-join-config.yaml --v 5 && echo success > /run/cluster-api/bootstrap-success.complete",
  ]);
  assertEquals(parsed.users, [{ name: "u", ssh_authorized_keys: ["k"] }]);
});

Deno.test("updatedClusterConfiguration() keeps what is kubeadm's", () => {
  const current: JsonObject = {
    apiVersion: "kubeadm.k8s.io/v1beta3",
    kind: "ClusterConfiguration",
    clusterName: "c",
    networking: { dnsDomain: "d" },
    kubernetesVersion: "v1.30.0",
    imageRepository: "old",
    apiServer: { extraArgs: { a: "b" } },
  };
  const updated = updatedClusterConfiguration(current, {
    version: "v1.31.1",
    kubeadmConfigSpec: {
      clusterConfiguration: { scheduler: { extraArgs: [{ name: "v", value: "1" }] } },
    },
  });
  assertEquals(updated.apiVersion, "kubeadm.k8s.io/v1beta4");
  assertEquals(updated.kubernetesVersion, "v1.31.1");
  assertEquals([updated.clusterName, updated.networking], ["c", { dnsDomain: "d" }]);
  assertEquals(updated.imageRepository, "old");
  assertEquals(updated.scheduler, { extraArgs: [{ name: "v", value: "1" }] });
  assertEquals(updated.apiServer, {});
});

Deno.test("CoreDNS images move into their folder and never go back", () => {
  const image = (text: string, configuration: JsonObject) =>
    printImage(corednsImageFor(parseImage(text), configuration));
  assertEquals(image("r.io/coredns:1.6.2", {}), "r.io/coredns:1.6.2");
  assertEquals(
    image("registry.k8s.io/coredns:1.7.0", { dns: { imageTag: "v1.8.0" } }),
    "registry.k8s.io/coredns/coredns:v1.8.0",
  );
  assertEquals(
    image("registry.k8s.io/coredns/coredns:v1.10.1", {}),
    "registry.k8s.io/coredns/coredns:v1.10.1",
  );
  assertEquals(
    image("registry.k8s.io/coredns/coredns:v1.10.1", { imageRepository: "my.io" }),
    "my.io/coredns:v1.10.1",
  );
  assertThrows(() => ensureNoDowngrade(parseImage("a:v1.9.0"), parseImage("a:v1.8.0")));
  assertThrows(() => parseImage("a@sha256:0"), Error, "by digest");
});

Deno.test("machineName() fits into 63 characters and keeps its random part", () => {
  const random = new SeededRandom(1);
  assert(/^cp-[a-z0-9]{5}$/.test(machineName(undefined, "c", "cp", random)));
  const long = machineName(undefined, "c", "x".repeat(70), random);
  assertEquals(long.length, 63);
  assert(/^x{58}[a-z0-9]{5}$/.test(long));
  assertThrows(() => machineName("fixed", "c", "cp", random), Error, "{{ .random }}");
});

Deno.test("labelValueOf() hashes what is no label value", () => {
  assertEquals(labelValueOf("cp"), "cp");
  assert(/^hash_[A-Za-z0-9_-]+_z$/.test(labelValueOf("x".repeat(70))));
});
