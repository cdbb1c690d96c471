// Which CoreDNS image a ClusterConfiguration asks for, and that versions
// only go up. Source: kubeadm's add-ons and Cluster API's CoreDNS upgrade.

import type { JsonObject } from "../../../runtime/object.ts";
import type { Image } from "./image.ts";
import { compareVersions, parseVersion } from "../../../runtime/semantic_version.ts";

// Where upstream publishes: there the image moved into a folder of its own.
const UPSTREAM = ["registry.k8s.io", "k8s.gcr.io"];
const MOVED = { major: 1, minor: 8, patch: 0, pre: [], build: "" };

/** The image that should run. */
export function corednsImageFor(current: Image, configuration: JsonObject): Image {
  const dns = (configuration.dns ?? {}) as JsonObject;
  const text = (value: unknown) => typeof value === "string" && value !== "" ? value : undefined;
  const root = current.repository.replace(/\/coredns$/, "");
  const chosen = text(dns.imageRepository) ?? text(configuration.imageRepository);
  const repository = chosen ?? root;
  const tag = text(dns.imageTag) ?? current.tag;
  const version = parseVersion(tag);
  const moved = version !== undefined && compareVersions(version, MOVED) >= 0 &&
    UPSTREAM.includes(repository);
  const kept = chosen === undefined ? current.repository : repository;
  return { repository: moved ? `${repository}/coredns` : kept, name: current.name, tag };
}

/** Throws when the wanted version is older, or either cannot be understood. */
export function ensureNoDowngrade(current: Image, wanted: Image): void {
  const [from, to] = [current.tag, wanted.tag].map((tag) => {
    const version = parseVersion(tag.replaceAll("_", "+"));
    if (version === undefined) throw new Error(`failed to parse CoreDNS version "${tag}"`);
    return version;
  });
  if (from !== undefined && to !== undefined && compareVersions(to, from) < 0) {
    throw new Error(`toVersion "${wanted.tag}" must be greater than fromVersion "${current.tag}"`);
  }
}
