// Imports what a command runs, when it runs. The platform follows an
// `import("…")` with a written-out specifier before it starts anything: every
// command would wait for the modules of all of them (docs/adr/0004). So the
// specifier is a value here; cmd/loaded.ts names the same modules for programs
// that have to see them all, and tests/structure_test.ts compares the two.

/**
 * Imports the module at a URL, which `import.meta.resolve` makes.
 *
 * @example
 * ```ts
 * import { load } from "./load.ts";
 *
 * const url = import.meta.resolve("../runtime/duration.ts");
 * const { durationMs } = await load<typeof import("../runtime/duration.ts")>(url);
 * durationMs("1s");
 * ```
 */
export function load<Module>(url: string): Promise<Module> {
  return import(url);
}
