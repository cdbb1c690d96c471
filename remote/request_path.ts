// Paths and queries of the API: where a resource, an object or a
// subresource is. Source: client-go rest.Request.

import type { ListQuery, ResourceRef } from "../runtime/client.ts";

/** The path of a collection, an object or its subresource. */
export function pathOf(
  { apiVersion, resource }: ResourceRef,
  { namespace, name }: { namespace?: string; name?: string },
  subresource?: string,
): string {
  const parts = [apiVersion.includes("/") ? "apis" : "api", ...apiVersion.split("/")];
  if (namespace !== undefined && namespace !== "") parts.push("namespaces", namespace);
  parts.push(resource);
  if (name !== undefined) parts.push(name);
  if (subresource !== undefined) parts.push(...subresource.split("/"));
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

const PARAMETERS: Readonly<Record<string, keyof ListQuery>> = {
  labelSelector: "labels",
  fieldSelector: "fields",
  limit: "limit",
  continue: "continue",
  resourceVersion: "resourceVersion",
};

/** The query string of a selection and of further parameters, with its question mark, or nothing. */
export function queryOf(query: ListQuery, more: Readonly<Record<string, string>> = {}): string {
  const parameters = new URLSearchParams();
  for (const [parameter, name] of Object.entries(PARAMETERS)) {
    const value = query[name];
    if (value !== undefined && value !== "") parameters.set(parameter, String(value));
  }
  for (const [parameter, value] of Object.entries(more)) parameters.set(parameter, value);
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}
