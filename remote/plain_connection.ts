// Connections whose credentials are certificates and tokens, in a kubeconfig
// or in files that it names, and those of pods. Files are read again while
// the process runs, since somebody else renews them. Source:
// k8s.io/client-go tools/clientcmd and rest.InClusterConfig.

import { parse } from "@std/yaml";
import { Buffer } from "node:buffer";
import { isAbsolute, join } from "node:path";
import type { Clock } from "../runtime/clock.ts";
import type { Connection, Credentials } from "./connection.ts";
import { ConnectionError, firstLine } from "./connection_error.ts";

// As often as client-go looks at token files.
const READ_AGAIN_MS = 60_000;

/** Of a cluster entry. Whoever says more is not for this file. */
const CLUSTER_FIELDS = new Set([
  "server",
  "certificate-authority",
  "certificate-authority-data",
  "insecure-skip-tls-verify",
  "tls-server-name",
  "extensions",
]);
/** Of a user entry. */
const USER_FIELDS = new Set([
  "client-certificate",
  "client-certificate-data",
  "client-key",
  "client-key-data",
  "token",
  "tokenFile",
  "username",
  "password",
  "extensions",
]);

type Fields = Readonly<Record<string, unknown>>;

interface KubeconfigSource {
  /** For messages. */
  readonly name: string;
  /** What paths are relative to. */
  readonly folder: string;
  readonly clock: Clock;
}

/** The connection of the current context; `undefined` when it says what is not understood here. Throws {@linkcode ConnectionError}. */
export async function plainConnection(
  text: string,
  source: KubeconfigSource,
): Promise<Connection | undefined> {
  const config = parsed(text, source.name);
  const name = config["current-context"];
  const wrong = (what: string) =>
    new ConnectionError(
      `${source.name} has no ${what}; its current context needs a cluster and a user of the file`,
    );
  const context = entry(config, "contexts", name, "context");
  if (context === undefined) throw wrong(`context "${name ?? ""}"`);
  const cluster = entry(config, "clusters", context["cluster"], "cluster");
  if (cluster === undefined) throw wrong(`cluster "${context["cluster"] ?? ""}"`);
  const user = entry(config, "users", context["user"], "user");
  if (user === undefined) throw wrong(`user "${context["user"] ?? ""}"`);
  if (!within(cluster, CLUSTER_FIELDS) || !within(user, USER_FIELDS)) return undefined;
  const server = textOf(cluster, "server");
  if (server === undefined) throw wrong("server in its current cluster");
  const read = () => credentialsOf(cluster, user, source);
  return {
    server: server.replace(/\/+$/, ""),
    namespace: textOf(context, "namespace") ?? "default",
    credentials: readingAgain(await read(), read, source.clock),
  };
}

/** The connection of a pod whose service account's files are in `folder`. Throws {@linkcode ConnectionError}. */
export async function podConnection(
  server: string,
  folder: string,
  clock: Clock,
): Promise<Connection> {
  const read = async (): Promise<Credentials> => ({
    headers: { authorization: `Bearer ${(await readText(`${folder}/token`)).trim()}` },
    tls: { ca: await readText(`${folder}/ca.crt`) },
  });
  return {
    server,
    namespace: (await readText(`${folder}/namespace`)).trim(),
    credentials: readingAgain(await read(), read, clock),
  };
}

/** The text of a file. Throws {@linkcode ConnectionError}. */
export async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "no such file" : (error as Error).message;
    throw new ConnectionError(`Cannot read ${path}: ${why}`);
  }
}

/** Credentials that are read again when they are old. */
function readingAgain(
  first: Credentials,
  read: () => Promise<Credentials>,
  clock: Clock,
): () => Promise<Credentials> {
  let present = Promise.resolve(first);
  let read_ms = clock.now();
  return () => {
    if (clock.now() - read_ms >= READ_AGAIN_MS) {
      read_ms = clock.now();
      const before = present;
      // While a file is being replaced the last ones are as good as any.
      present = read().catch(() => before);
    }
    return present;
  };
}

async function credentialsOf(
  cluster: Fields,
  user: Fields,
  { folder }: KubeconfigSource,
): Promise<Credentials> {
  const pem = async (fields: Fields, name: string) => {
    const data = textOf(fields, `${name}-data`);
    if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
    const path = textOf(fields, name);
    return path === undefined ? undefined : await readText(at(folder, path));
  };
  const tls = {
    ca: await pem(cluster, "certificate-authority"),
    cert: await pem(user, "client-certificate"),
    key: await pem(user, "client-key"),
    servername: textOf(cluster, "tls-server-name"),
    rejectUnauthorized: cluster["insecure-skip-tls-verify"] === true ? false : undefined,
  };
  const authorization = await authorizationOf(user, folder);
  return {
    headers: authorization === undefined ? {} : { authorization },
    tls: Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined)),
  };
}

async function authorizationOf(user: Fields, folder: string): Promise<string | undefined> {
  const path = textOf(user, "tokenFile");
  if (path !== undefined) return `Bearer ${(await readText(at(folder, path))).trim()}`;
  const token = textOf(user, "token");
  if (token !== undefined) return `Bearer ${token}`;
  const name = textOf(user, "username");
  if (name === undefined) return undefined;
  const pair = `${name}:${textOf(user, "password") ?? ""}`;
  return `Basic ${Buffer.from(pair, "utf8").toString("base64")}`;
}

function parsed(text: string, name: string): Fields {
  let config: unknown;
  try {
    config = parse(text);
  } catch (error) {
    throw new ConnectionError(`${name} is not YAML: ${firstLine(error)}`);
  }
  if (config !== null && typeof config === "object") return config as Fields;
  throw new ConnectionError(`${name} is no kubeconfig`);
}

function entry(config: Fields, list: string, name: unknown, part: string): Fields | undefined {
  const entries = config[list];
  if (!Array.isArray(entries)) return undefined;
  const found = (entries as (Fields | null)[]).find((one) => one?.["name"] === name);
  return found?.[part] as Fields | undefined;
}

function within(fields: Fields, known: ReadonlySet<string>): boolean {
  return Object.keys(fields).every((name) => known.has(name));
}

function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function at(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}
