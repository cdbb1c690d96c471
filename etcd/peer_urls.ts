// The peer URLs of members as etcd reads them. Source: etcd client/pkg/types,
// urls.go.

import { badPeerUrls } from "./errors.ts";

const HOST_AND_PORT = /^(https?):\/\/((?:\[[^\]]*\]|[^/?#:[\]\s]*):\d*)(?:[?#].*)?$/i;
const SOCKET = /^unixs?:\/\//i;

/** Throws for what are no peer URLs. In order, unless the order is to be kept. */
export function peerUrlsOf(given: readonly string[], { keepOrder = false } = {}): string[] {
  if (given.length === 0) throw badPeerUrls();
  const urls = given.map((text) => {
    const url = text.trim();
    if (!HOST_AND_PORT.test(url) && !SOCKET.test(url)) throw badPeerUrls();
    return url.replace(/^[a-z]+/i, (scheme) => scheme.toLowerCase());
  });
  return keepOrder ? urls : urls.sort();
}
