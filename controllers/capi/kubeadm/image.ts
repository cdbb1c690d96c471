// Container image references with a tag, taken apart and put together. Not a
// full parser of the distribution grammar: digests are refused.

/** An image reference. */
export interface Image {
  /** Registry and path up to the name. */
  readonly repository: string;
  readonly name: string;
  readonly tag: string;
}

/** Parses `registry/path/name:tag`. Throws for digests and for references without a name. */
export function parseImage(reference: string): Image {
  if (reference.includes("@")) {
    throw new Error(`image "${reference}" is referred to by digest, a tag is required`);
  }
  const slash = reference.lastIndexOf("/");
  const last = reference.slice(slash + 1);
  const colon = last.indexOf(":");
  const name = colon < 0 ? last : last.slice(0, colon);
  if (name === "") throw new Error(`couldn't parse image name "${reference}"`);
  return {
    repository: slash < 0 ? "" : reference.slice(0, slash),
    name,
    tag: colon < 0 ? "" : last.slice(colon + 1),
  };
}

/** The reverse of {@linkcode parseImage}. */
export function printImage({ repository, name, tag }: Image): string {
  const path = repository === "" ? name : `${repository}/${name}`;
  return tag === "" ? path : `${path}:${tag}`;
}
