// Drives a server by the JavaScript client @kubernetes/client-node, under
// Deno or Node. Prints a line a check and "N passed, N failed" last; exit
// code 1 when anything failed.
// Usage: node main.mjs KUBECONFIG

import process from "node:process";
import * as k8s from "@kubernetes/client-node";
import { Checks, say } from "./checks.mjs";
import { lists } from "./lists.mjs";
import { objects } from "./objects.mjs";
import { patches } from "./patches.mjs";
import { watches } from "./watches.mjs";

const [file] = process.argv.slice(2);
if (file === undefined) {
  say("Usage: main.mjs KUBECONFIG");
  process.exit(2);
}
const kubeconfig = new k8s.KubeConfig();
kubeconfig.loadFromFile(file);
const api = (type) => kubeconfig.makeApiClient(type);
const core = api(k8s.CoreV1Api);
const checks = new Checks();
const shared = {
  checks,
  core,
  k8s,
  kubeconfig,
  apps: api(k8s.AppsV1Api),
  custom: api(k8s.CustomObjectsApi),
  extensions: api(k8s.ApiextensionsV1Api),
};

for (const part of [lists, watches, patches, objects]) {
  const body = { metadata: { generateName: `javascript-${part.name}-` } };
  const { metadata } = await core.createNamespace({ body });
  await part({ ...shared, namespace: metadata.name });
  await core.deleteNamespace({ name: metadata.name });
}
say(`${checks.passed} passed, ${checks.failed} failed`);
process.exit(checks.failed === 0 ? 0 : 1);
