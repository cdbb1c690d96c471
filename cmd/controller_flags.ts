// The flags of `capim controller`: those of the original provider and of its
// successor, under the same names, and a few of our own. Read into settings;
// nothing is opened here.

import { TLS_VERSIONS } from "../serving/tls_settings.ts";
import {
  type Address,
  addressFlag,
  type Arguments,
  choiceFlag,
  durationFlag,
  type Flag,
  integerFlag,
  numberFlag,
  portRangeFlag,
  UsageError,
} from "./command.ts";
import { IGNORED_FLAGS, ignoredFlags } from "./ignored_flags.ts";
import { LISTEN_FLAGS, type ListenMode, listenModeOf } from "./listen_mode.ts";
import { MEMORY_FLAG } from "./memory_limit.ts";

/** What the process is to do. */
export interface ControllerSettings {
  readonly kubeconfig: string | undefined;
  /** The address that workload clusters are known by. */
  readonly host: string;
  /** The address that workload clusters listen on. */
  readonly bind: string;
  readonly ports: { readonly first: number; readonly last: number };
  /** Whether they have a port each. */
  readonly listenMode: ListenMode;
  readonly dataDir: string | undefined;
  /** Absent: no election. */
  readonly election: ElectionSettings | undefined;
  readonly namespace: string | undefined;
  readonly watchFilter: string;
  readonly syncPeriod_ms: number;
  /** By kind in lower case. */
  readonly concurrency: Readonly<Record<string, number>>;
  readonly qps: number;
  readonly burst: number;
  readonly webhooks: WebhookSettings;
  readonly health: Address | undefined;
  readonly diagnostics: Address | undefined;
  readonly insecureDiagnostics: boolean;
  readonly profiler: Address | undefined;
  readonly debugPort: number;
  readonly tls: { readonly minVersion: "TLSv1.2" | "TLSv1.3" };
  readonly features: ReadonlyMap<string, boolean>;
  readonly verbosity: number;
  readonly jsonLog: boolean;
  /** Flags that were given and do nothing, and why. */
  readonly ignored: readonly (readonly [name: string, why: string])[];
}

/** How a leader is found. */
export interface ElectionSettings {
  /** Absent: the namespace of the pod or of the kubeconfig's context. */
  readonly namespace: string | undefined;
  readonly lease_ms: number;
  readonly renew_ms: number;
  readonly retry_ms: number;
}

/** Where webhooks are served. */
export interface WebhookSettings {
  /** 0: nowhere. */
  readonly port: number;
  readonly certificate: string;
  readonly key: string;
  /** The folder was named: files that are missing are a mistake. */
  readonly required: boolean;
}

const CERT_DIR = "/tmp/k8s-webhook-server/serving-certs";
/** The gates of Cluster API that the original's deployment sets; ClusterTopology is the one that matters here. */
const FEATURES: readonly string[] = [
  "AllAlpha",
  "AllBeta",
  "ClusterTopology",
  "InPlaceUpdates",
  "KubeadmBootstrapFormatIgnition",
  "MachinePool",
  "MachineSetPreflightChecks",
  "MachineTaintPropagation",
  "MachineWaitForVolumeDetachConsiderVolumeAttachments",
  "PriorityQueue",
  "ReconcilerRateLimiting",
  "RuntimeSDK",
];

/** All flags. */
export const CONTROLLER_FLAGS: readonly Flag[] = [
  { name: "kubeconfig", value: "FILE", help: "The management cluster's kubeconfig" },
  {
    name: "host",
    value: "ADDRESS",
    help: "The address that workload clusters are known by (default $POD_IP, or 127.0.0.1)",
  },
  {
    name: "bind-address",
    value: "ADDRESS",
    help: "Where they listen (default: everywhere when $POD_IP is set, otherwise --host)",
  },
  flag("cluster-ports", "FIRST-LAST", "The workload clusters' ports", "20000-30000"),
  ...LISTEN_FLAGS,
  MEMORY_FLAG,
  {
    name: "data-dir",
    value: "DIR",
    help:
      "Keep the contents of workload clusters here; without it they are made anew after a restart",
  },
  { name: "leader-elect", switch: true, help: "Act only while holding a Lease" },
  flag("leader-elect-lease-duration", "TIME", "How long others wait to take over", "15s"),
  flag("leader-elect-renew-deadline", "TIME", "How long the leader tries to renew", "10s"),
  flag("leader-elect-retry-period", "TIME", "Between two attempts", "2s"),
  {
    name: "leader-election-namespace",
    value: "NAMESPACE",
    help: "Where the Lease is (default: the pod's or the context's)",
  },
  { name: "namespace", value: "NAMESPACE", help: "Look after this namespace only" },
  {
    name: "watch-filter",
    value: "VALUE",
    help: "Look after objects only whose label cluster.x-k8s.io/watch-filter has this value",
  },
  flag("sync-period", "TIME", "How often everything is looked at without a change", "10m"),
  flag("cluster-concurrency", "N", "InMemoryClusters worked on at once", "10"),
  flag("machine-concurrency", "N", "InMemoryMachines worked on at once", "10"),
  flag("devcluster-concurrency", "N", "DevClusters worked on at once", "50"),
  flag("devmachine-concurrency", "N", "DevMachines worked on at once", "50"),
  flag("devmachinetemplate-concurrency", "N", "Templates of machines worked on at once", "50"),
  flag("devmachinepool-concurrency", "N", "DevMachinePools worked on at once", "100"),
  flag("kube-api-qps", "N", "Requests to the management cluster in a second", "100"),
  flag("kube-api-burst", "N", "Requests to the management cluster at once", "200"),
  flag("webhook-port", "N", "Where webhooks are served; 0 is nowhere", "9443"),
  {
    name: "webhook-cert-dir",
    value: "DIR",
    help:
      `The folder of the webhooks' certificate (default ${CERT_DIR}, where it may be missing: then there are none)`,
  },
  flag("webhook-cert-name", "FILE", "The certificate in that folder", "tls.crt"),
  flag("webhook-key-name", "FILE", "Its key in that folder", "tls.key"),
  flag("health-addr", "ADDRESS", "Where /healthz and /readyz are; 0 is nowhere", ":9440"),
  flag(
    "diagnostics-address",
    "ADDRESS",
    "Where /metrics, /debug/pprof/ and PUT /debug/flags/v are, over HTTPS for who may; 0 is nowhere",
    ":8443",
  ),
  {
    name: "metrics-bind-addr",
    value: "ADDRESS",
    help: "The older name of --diagnostics-address with --insecure-diagnostics, which it overrides",
  },
  {
    name: "insecure-diagnostics",
    switch: true,
    help: "Serve /metrics there over HTTP to everybody, and nothing else",
  },
  flag("tls-min-version", "VERSION", "VersionTLS12 or VersionTLS13", "VersionTLS12"),
  {
    name: "feature-gates",
    value: "NAME=BOOL,…",
    help: "Of Cluster API's gates; ClusterTopology=false refuses templates of clusters",
  },
  {
    name: "profiler-address",
    value: "ADDRESS",
    help: "Where V8's CPU profiles and heap snapshots are, below /debug/pprof/, over HTTP",
  },
  {
    name: "debug-port",
    value: "N",
    help: "Where the debug API of workload clusters is, over HTTP on their address; 0 is nowhere",
    default: "19000",
  },
  { ...flag("v", "N", "How much is logged: 4 and more tells every step", "2"), short: "v" },
  flag("logging-format", "text|json", "How log lines are written", "text"),
  ...IGNORED_FLAGS,
];

function flag(name: string, value: string, help: string, preset: string): Flag {
  return { name, value, help, default: preset };
}

/** The settings. `env` reads a variable of the environment. Throws {@linkcode UsageError}. */
export function controllerSettings(
  args: Arguments,
  env: (name: string) => string | undefined,
): ControllerSettings {
  const { flags } = args;
  const count = (name: string, max = 10_000) => integerFlag(args, name, 1, max);
  const podAddress = env("POD_IP") || undefined;
  const host = flags["host"] ?? podAddress ?? "127.0.0.1";
  const everywhere = host.includes(":") ? "::" : "0.0.0.0";
  return {
    kubeconfig: flags["kubeconfig"],
    host,
    bind: flags["bind-address"] ?? (podAddress === undefined ? host : everywhere),
    ports: portRangeFlag(args, "cluster-ports"),
    listenMode: endpointMode(args),
    dataDir: flags["data-dir"],
    election: flags["leader-elect"] === "true" ? election(args) : undefined,
    namespace: flags["namespace"] || undefined,
    watchFilter: flags["watch-filter"] ?? "",
    syncPeriod_ms: durationFlag(args, "sync-period"),
    concurrency: {
      inmemorycluster: count("cluster-concurrency"),
      inmemorymachine: count("machine-concurrency"),
      devcluster: count("devcluster-concurrency"),
      devmachine: count("devmachine-concurrency"),
      devmachinepool: count("devmachinepool-concurrency"),
      devmachinetemplate: count("devmachinetemplate-concurrency"),
      inmemorymachinetemplate: count("devmachinetemplate-concurrency"),
    },
    qps: numberFlag(args, "kube-api-qps", 100_000),
    burst: count("kube-api-burst", 100_000),
    webhooks: webhooks(args),
    health: addressFlag(args, "health-addr"),
    ...diagnostics(args),
    profiler: addressFlag(args, "profiler-address"),
    debugPort: integerFlag(args, "debug-port", 0, 65535),
    tls: tls(args),
    features: featureGates(flags["feature-gates"] ?? ""),
    verbosity: integerFlag(args, "v", 0, 10),
    jsonLog: choiceFlag(args, "logging-format", ["text", "json"]) === "json",
    ignored: ignoredFlags(args),
  };
}

function election(args: Arguments): ElectionSettings {
  const settings = {
    namespace: args.flags["leader-election-namespace"] || undefined,
    lease_ms: durationFlag(args, "leader-elect-lease-duration"),
    renew_ms: durationFlag(args, "leader-elect-renew-deadline"),
    retry_ms: durationFlag(args, "leader-elect-retry-period"),
  };
  if (settings.lease_ms <= settings.renew_ms) {
    throw new UsageError(
      "--leader-elect-lease-duration must be longer than --leader-elect-renew-deadline",
    );
  }
  if (settings.renew_ms <= settings.retry_ms * 1.2) {
    throw new UsageError(
      "--leader-elect-renew-deadline must be longer than 1.2 times --leader-elect-retry-period",
    );
  }
  return settings;
}

function diagnostics(
  args: Arguments,
): Pick<ControllerSettings, "diagnostics" | "insecureDiagnostics"> {
  const older = args.flags["metrics-bind-addr"] ?? "";
  if (older !== "") {
    return { diagnostics: addressFlag(args, "metrics-bind-addr"), insecureDiagnostics: true };
  }
  return {
    diagnostics: addressFlag(args, "diagnostics-address"),
    insecureDiagnostics: args.flags["insecure-diagnostics"] === "true",
  };
}

function webhooks(args: Arguments): WebhookSettings {
  const named = args.flags["webhook-cert-dir"] || undefined;
  const directory = (named ?? CERT_DIR).replace(/\/+$/, "");
  return {
    port: integerFlag(args, "webhook-port", 0, 65535),
    certificate: `${directory}/${args.flags["webhook-cert-name"]}`,
    key: `${directory}/${args.flags["webhook-key-name"]}`,
    required: named !== undefined,
  };
}

function tls(args: Arguments): ControllerSettings["tls"] {
  const version = choiceFlag(args, "tls-min-version", Object.keys(TLS_VERSIONS));
  return { minVersion: TLS_VERSIONS[version] ?? "TLSv1.2" };
}

function featureGates(text: string): ReadonlyMap<string, boolean> {
  const gates = new Map<string, boolean>();
  for (const part of text.split(",").map((one) => one.trim()).filter((one) => one !== "")) {
    const [match, name = "", value] = /^([^=]+)=(true|false)$/.exec(part) ?? [];
    if (match === undefined) {
      throw new UsageError(`--feature-gates has "${part}"; it must be NAME=true or NAME=false`);
    }
    if (!FEATURES.includes(name)) {
      throw new UsageError(
        `--feature-gates has "${name}", which is no gate; there are ${FEATURES.join(", ")}`,
      );
    }
    gates.set(name, value === "true");
  }
  return gates;
}

/** Cluster API's managers know of a cluster what its endpoint says. */
function endpointMode(args: Arguments): ListenMode {
  const mode = listenModeOf(args);
  if (mode.serverPaths === undefined) return mode;
  throw new UsageError(
    "--listen-mode is path, which no controlPlaneEndpoint can say: Cluster API's managers would reach no cluster; it must be port or sni here, path is for capim up",
  );
}
