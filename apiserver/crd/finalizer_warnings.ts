// What the server advises about the finalizers of custom resources: to say
// whose they are. Source: apiextensions-apiserver
// registry/customresource/validator.go.

import { isQualifiedName } from "../../runtime/names.ts";

const STANDARD: ReadonlySet<string> = new Set(["orphan", "foregroundDeletion", "kubernetes"]);

/** Warnings about the finalizers that were not there before, in their order by name. */
export function finalizerWarnings(
  finalizers: readonly string[] | undefined,
  before: readonly string[] | undefined = [],
): string[] {
  if (finalizers === undefined || finalizers.length === 0) return [];
  const added = [...new Set(finalizers)].filter((name) => !before.includes(name)).sort();
  return added.flatMap(warningsOf);
}

function warningsOf(name: string): string[] {
  const prefix = `metadata.finalizers: ${JSON.stringify(name)}: `;
  const warnings = isQualifiedName(name).map((message) => prefix + message);
  if (!name.includes("/") && !STANDARD.has(name)) {
    const path = name.includes(".") ? " including a path (/)" : "";
    warnings.push(
      `${prefix}prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`,
    );
  }
  return warnings;
}
