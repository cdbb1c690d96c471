// Parses image names as far as defaults need it: the tag that decides the
// pull policy. Source: pkg/util/parsers, github.com/distribution/reference.

const DOMAIN = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const HOST = `(?:${DOMAIN}(?:\\.${DOMAIN})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const COMPONENT = "[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*";
const REFERENCE = new RegExp(
  `^((?:${HOST}/)?${COMPONENT}(?:/${COMPONENT})*)(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
);
// Longer names are refused upstream; also bounds the matching.
const NAME_BYTES_MAX = 255;
const TEXT_MAX = 1024;

/** The tag: `latest` when the name has neither tag nor digest, `""` when it cannot be parsed. */
export function imageTag(image: string): string {
  if (image === "" || image.length > TEXT_MAX) return "";
  const match = REFERENCE.exec(image);
  if (match === null || (match[1] as string).length > NAME_BYTES_MAX) return "";
  if (match[2] !== undefined) return match[2];
  return match[3] === undefined ? "latest" : "";
}

/** What the tag says of pulling: a tag that moves is always pulled. */
export function defaultPullPolicy(image: string): "Always" | "IfNotPresent" {
  return imageTag(image) === "latest" ? "Always" : "IfNotPresent";
}
