// Makes a cluster of every flavour of the clusterctl repository in manifests/
// with the real clusterctl and the real managers of Cluster API, waits until
// each is Available, has it drawn and takes it away again. A program for the suites.
// Usage: flavours.ts --bin=FOLDER --work=FOLDER

import { eventually } from "./flows/waiting.ts";
import { output } from "./flows/program.ts";
import { readSettings } from "./flows/settings.ts";
import { Stack } from "./flows/stack.ts";

const REPOSITORY = new URL("../../manifests/infrastructure-in-memory/", import.meta.url).pathname;
const FLAVOURS = ["", "development", "in-memory-development", "in-memory"];
const AVAILABLE_SECONDS = 240;

let passed = 0;
let failed = 0;

async function check(name: string, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    // deno-lint-ignore no-console -- a program's output
    console.log(`PASS ${name}`);
    passed++;
    return true;
  } catch (error) {
    failed++;
    // deno-lint-ignore no-console -- a program's output
    console.log(`FAIL ${name}\n     ${(error as Error).message.replaceAll("\n", "\n     ")}`);
    return false;
  }
}

const settings = readSettings(Deno.args);
// An address of its own: others may have clusters at the usual one.
await using stack = await Stack.start(settings, "flavours", "127.0.6.1");
const config = `${settings.work}/clusterctl.yaml`;
const releases = [...Deno.readDirSync(REPOSITORY)].map(({ name }) => name).sort();
const version = releases.at(-1) ?? "";
await Deno.writeTextFile(
  config,
  "providers:\n- name: in-memory\n  type: InfrastructureProvider\n" +
    `  url: ${REPOSITORY}${version}/infrastructure-components.yaml\n`,
);
const kubectl = (...args: string[]) =>
  output(["kubectl", "--kubeconfig", stack.kubeconfig, ...args]);

const clusterctl = (...args: string[]) =>
  output([
    ...["env", "CLUSTERCTL_DISABLE_VERSIONCHECK=true", `XDG_CONFIG_HOME=${settings.work}`],
    ...[`${settings.bin}/clusterctl`, ...args, "--config", config],
    ...["--kubeconfig", stack.kubeconfig],
  ]);

async function generate(cluster: string, flavour: string): Promise<string> {
  const text = await clusterctl(
    ...["generate", "cluster", cluster, "--infrastructure", `in-memory:${version}`],
    ...["--kubernetes-version", "v1.36.0", "--target-namespace", "default"],
    ...["--control-plane-machine-count", "1", "--worker-machine-count", "2"],
    ...(flavour === "" ? [] : ["--flavor", flavour]),
  );
  // What the clusters are made of is looked at, not how long it takes.
  return text.replaceAll(/startupDuration: \S+/g, "startupDuration: 0s");
}

const made: string[] = [];
for (const flavour of FLAVOURS) {
  const cluster = flavour === "" ? "plain" : `of-${flavour}`;
  const taken = await check(`${cluster}: the server takes it`, async () => {
    const file = `${settings.work}/${cluster}.yaml`;
    await Deno.writeTextFile(file, await generate(cluster, flavour));
    await eventually(
      "kubectl apply",
      20,
      async () =>
        await kubectl("apply", "-f", file).then(() => undefined, (error) => error.message),
    );
  });
  if (taken) made.push(cluster);
}
for (const cluster of made) {
  const timeout = `--timeout=${AVAILABLE_SECONDS}s`;
  await check(
    `${cluster}: it becomes Available`,
    () => kubectl("wait", "--for=condition=Available", `cluster/${cluster}`, timeout),
  );
}
for (const cluster of made) {
  await check(`${cluster}: clusterctl draws it`, async () => {
    const drawn = await clusterctl("describe", "cluster", cluster, "--namespace", "default");
    for (
      const line of [
        `Cluster default/${cluster}[ ,].* Available `,
        "KubeadmControlPlane .* Available ",
      ]
    ) {
      if (!new RegExp(line).test(drawn)) throw new Error(`No line ${line} in:\n${drawn}`);
    }
  });
}
for (const cluster of made) {
  await check(
    `${cluster}: it goes`,
    () => kubectl("delete", "cluster", cluster, "--timeout=120s"),
  );
}
// deno-lint-ignore no-console -- a program's output
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) Deno.exitCode = 1;
