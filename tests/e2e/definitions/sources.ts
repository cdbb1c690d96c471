// The projects whose CustomResourceDefinitions are installed, and where these
// stand in the project's Go module. Nothing of theirs is kept here: modules
// are fetched by the Go tool into its cache when the suite runs.

import { parseAll } from "@std/yaml";
import type { JsonObject } from "../../../runtime/object.ts";

/** A project and its definitions. */
export interface Source {
  /** Names the file of objects. */
  readonly project: string;
  /** A Go module with its version. */
  readonly module: string;
  /** Folders of the module with YAML files, of which the definitions count. */
  readonly folders: readonly string[];
}

/** The projects. */
export const SOURCES: readonly Source[] = [
  {
    project: "cluster-api",
    module: "sigs.k8s.io/cluster-api@v1.14.2",
    folders: [
      "core/config/crd/bases",
      "bootstrap/kubeadm/config/crd/bases",
      "controlplane/kubeadm/config/crd/bases",
      "cmd/clusterctl/config/crd/bases",
    ],
  },
  {
    project: "cert-manager",
    module: "github.com/cert-manager/cert-manager@v1.20.0",
    folders: ["deploy/crds"],
  },
  {
    project: "prometheus-operator",
    module: "github.com/prometheus-operator/prometheus-operator@v0.85.0",
    folders: ["example/prometheus-operator-crd"],
  },
  {
    project: "argo-cd",
    module: "github.com/argoproj/argo-cd/v3@v3.1.0",
    folders: ["manifests/crds"],
  },
  {
    project: "gateway-api",
    module: "sigs.k8s.io/gateway-api@v1.6.3",
    folders: ["config/crd/standard"],
  },
  {
    project: "keda",
    module: "github.com/kedacore/keda/v2@v2.17.2",
    folders: ["config/crd/bases"],
  },
];

/** Fetches the module unless the Go tool has it; gives back its folder. */
export async function fetchModule(module: string, scratch: string): Promise<string> {
  await Deno.mkdir(scratch, { recursive: true });
  await Deno.writeTextFile(`${scratch}/go.mod`, "module capim.test/definitions\n\ngo 1.24\n");
  const { code, stdout, stderr } = await new Deno.Command("go", {
    args: ["mod", "download", "-json", module],
    cwd: scratch,
    env: { GOFLAGS: "-mod=mod" },
  }).output();
  const out = new TextDecoder().decode(stdout);
  if (code !== 0) throw new Error(`${module}: ${out}${new TextDecoder().decode(stderr)}`);
  return (JSON.parse(out) as { Dir: string }).Dir;
}

/** The definitions of a project, by name. */
export async function readDefinitions(source: Source, scratch: string): Promise<JsonObject[]> {
  const root = await fetchModule(source.module, scratch);
  const found: JsonObject[] = [];
  for (const folder of source.folders) {
    const names = [...Deno.readDirSync(`${root}/${folder}`)].map(({ name }) => name).sort();
    for (const name of names.filter((name) => name.endsWith(".yaml"))) {
      const documents = parseAll(await Deno.readTextFile(`${root}/${folder}/${name}`));
      for (const document of documents as (JsonObject | null)[]) {
        if (document?.kind === "CustomResourceDefinition") found.push(document);
      }
    }
  }
  return found;
}
