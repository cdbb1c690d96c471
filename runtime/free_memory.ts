// Gives memory that the process has freed back to the system. glibc does so by
// itself only at the end of its heap: one small block that lives on there
// keeps all that is free below it, hundreds of MiB after a crowd has left.
// Nothing depends on it: where there is no glibc, or the process may call no
// foreign functions (--allow-ffi), memory that is free is merely kept for later.
// Source: malloc_trim(3).

const LIBRARY = "libc.so.6";

/** Gives back what is free, in another thread. */
export type GiveBack = () => Promise<void>;

/** The function that does it, or `undefined` where there is none. Asks for no permission. */
export function giveBackOfPlatform(): GiveBack | undefined {
  if (Deno.build.os !== "linux") return undefined;
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return undefined;
  let trim: (pad: bigint) => Promise<number>;
  try {
    const library = Deno.dlopen(LIBRARY, {
      malloc_trim: { parameters: ["usize"], result: "i32", nonblocking: true },
    });
    trim = library.symbols.malloc_trim;
  } catch {
    // Another C library: musl has no malloc_trim, and gives back what is free.
    return undefined;
  }
  return async () => void await trim(0n);
}
