// What a run of the flows is asked for, on its command line.

/** Which kinds the infrastructure of clusters has. */
export type Family = "in-memory" | "dev";
/** Which API server the managers work on. */
export type ManagementKind = "reference" | "capim";
/** Which line of Cluster API the managers are of. */
export type ClusterApiLine = "1.14" | "1.9";

/** How the provider was made: from the sources as they are, or as an image has it. */
export type Packaging = "source" | "image" | "compiled";

/** One run. */
export interface Settings {
  readonly management: ManagementKind;
  readonly family: Family;
  readonly clusterApi: ClusterApiLine;
  /** Clusters come from a ClusterClass instead of plain templates. */
  readonly topology: boolean;
  readonly provider: Packaging;
  /** Kills the provider in the middle of each flow. */
  readonly kill: boolean;
  /** Flows at work at once. */
  readonly concurrency: number;
  /** The factor by which waits are longer than usual. */
  readonly patience: number;
  /** Clusters of the flows "scale" and "many". */
  readonly clusters: number;
  /** How many of them are made at once. */
  readonly atOnce: number;
  /** The folder of the real programs. */
  readonly bin: string;
  /** A folder that the run may fill. */
  readonly work: string;
  /** Names of the flows to run; none: the runner's choice. */
  readonly flows: readonly string[];
}

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  management: ["reference", "capim"],
  family: ["in-memory", "dev"],
  "cluster-api": ["1.14", "1.9"],
  topology: ["no", "yes"],
  kill: ["no", "yes"],
  provider: ["source", "image", "compiled"],
};

const OTHERS = ["bin", "work", "concurrency", "patience", "clusters", "at-once"];

/** Reads `--name=value` and names of flows. Throws `TypeError` with one line that says what is wrong. */
export function readSettings(args: readonly string[]): Settings {
  const values: Record<string, string> = {};
  const flows: string[] = [];
  for (const arg of args) {
    const [, name = "", value = ""] = arg.match(/^--([a-z-]+)=(.*)$/) ?? [];
    if (name === "") flows.push(arg);
    else if (name in CHOICES || OTHERS.includes(name)) values[name] = value;
    else throw new TypeError(`${arg}: unknown option`);
  }
  const chosen = (name: string) => {
    const choices = CHOICES[name] ?? [];
    const value = values[name] ?? choices[0] ?? "";
    if (!choices.includes(value)) {
      throw new TypeError(`--${name}=${value}: it should be one of ${choices.join(", ")}`);
    }
    return value;
  };
  const count = (name: string, preset: number) => {
    const value = Number(values[name] ?? preset);
    if (!Number.isInteger(value) || value < 1) {
      throw new TypeError(`--${name}=${values[name]}: it should be a count`);
    }
    return value;
  };
  const { bin, work } = values;
  if (!bin || !work) throw new TypeError("--bin=FOLDER and --work=FOLDER are needed");
  return {
    management: chosen("management") as ManagementKind,
    family: chosen("family") as Family,
    clusterApi: chosen("cluster-api") as ClusterApiLine,
    topology: chosen("topology") === "yes",
    kill: chosen("kill") === "yes",
    provider: chosen("provider") as Packaging,
    concurrency: count("concurrency", 4),
    patience: count("patience", chosen("kill") === "yes" ? 3 : 1),
    clusters: count("clusters", 10),
    atOnce: count("at-once", 5),
    bin,
    work,
    flows,
  };
}
