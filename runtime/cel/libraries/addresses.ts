// IP addresses and networks. Source: Kubernetes' ip and cidr libraries, which
// read strictly: no needless zeros, no IPv4 in IPv6, no zones.

import { goQuote } from "../../go_text.ts";
import { type CIDR, containsIP, type IPAddress, parseCIDR, parseIP, printIP } from "../../ip.ts";
import { declare } from "../declarations.ts";
import type { Library } from "../environment.ts";
import { opaqueType, type Type } from "../types.ts";
import { EvaluationError, fail, Opaque, type Value } from "../values.ts";

const IP_TYPE = opaqueType("net.IP");
const CIDR_TYPE = opaqueType("net.CIDR");

/** An IP address. */
export class IPValue extends Opaque {
  constructor(readonly address: IPAddress) {
    super();
  }
  get celType(): Type {
    return IP_TYPE;
  }
  override equals(other: Value): boolean {
    return other instanceof IPValue && printIP(other.address) === printIP(this.address);
  }
}

/** A network. */
export class CIDRValue extends Opaque {
  constructor(readonly cidr: CIDR) {
    super();
  }
  get celType(): Type {
    return CIDR_TYPE;
  }
  override equals(other: Value): boolean {
    return other instanceof CIDRValue && printCIDR(other.cidr) === printCIDR(this.cidr);
  }
}

function printCIDR({ address, prefix }: CIDR): string {
  return `${printIP(address)}/${prefix}`;
}

/** Why Go's netip refuses an address. */
function addressProblem(text: string): string {
  const quoted = goQuote(text);
  for (const char of text) {
    if (char === ".") return ipv4Problem(text, quoted);
    if (char === ":") return ipv6Problem(text, quoted);
    if (char === "%") return `ParseAddr(${quoted}): missing IPv6 address`;
  }
  return `ParseAddr(${quoted}): unable to parse IP`;
}

function ipv4Problem(text: string, quoted: string): string {
  let value = 0;
  let digits = 0;
  let position = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (/[0-9]/.test(char)) {
      if (digits === 1 && value === 0) {
        return `ParseAddr(${quoted}): IPv4 field has octet with leading zero`;
      }
      value = value * 10 + Number(char);
      digits++;
      if (value > 255) return `ParseAddr(${quoted}): IPv4 field has value >255`;
    } else if (char === ".") {
      if (at === 0 || at === text.length - 1 || text[at - 1] === ".") {
        return `ParseAddr(${quoted}): IPv4 field must have at least one digit (at ${
          goQuote(text.slice(at))
        })`;
      }
      if (position === 3) return `ParseAddr(${quoted}): IPv4 address too long`;
      position++;
      value = 0;
      digits = 0;
    } else {
      return `ParseAddr(${quoted}): unexpected character (at ${goQuote(text.slice(at))})`;
    }
  }
  return `ParseAddr(${quoted}): IPv4 address too short`;
}

function ipv6Problem(text: string, quoted: string): string {
  const wrong = text.search(/[^0-9a-fA-F:.%]/);
  const at = (rest: string) => rest === "" ? "" : ` (at ${goQuote(rest)})`;
  if (wrong >= 0) {
    const start = text.lastIndexOf(":", wrong) + 1;
    return start === wrong
      ? `ParseAddr(${quoted}): each colon-separated field must have at least one digit${
        at(text.slice(wrong))
      }`
      : `ParseAddr(${quoted}): unexpected character, want colon${at(text.slice(wrong))}`;
  }
  const long = /[0-9a-fA-F]{5,}/.exec(text);
  if (long !== null) {
    return `ParseAddr(${quoted}): each group must have 4 or less digits${
      at(text.slice(long.index))
    }`;
  }
  return `ParseAddr(${quoted}): address string too short`;
}

function parseAddress(text: string): IPAddress {
  const problem = (why: string) =>
    `IP Address ${goQuote(text)} parse error during conversion from string: ${why}`;
  if (/^[^%]*:[^%]*%./.test(text) && parseIP(text.slice(0, text.indexOf("%"))) !== undefined) {
    return fail(`IP address ${goQuote(text)} with zone value is not allowed`);
  }
  const address = parseIP(text);
  if (address === undefined || (!address.strict && !address.mapped && !text.includes(":"))) {
    return fail(problem(addressProblem(text)));
  }
  if (address.mapped) return fail(`IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`);
  return address;
}

function parseNetwork(text: string): CIDR {
  const problem = (why: string) =>
    `network address parse error during conversion from string: netip.ParsePrefix(${
      goQuote(text)
    }): ${why}`;
  const slash = text.lastIndexOf("/");
  if (slash < 0) return fail(problem("no '/'"));
  const host = text.slice(0, slash);
  const bits = text.slice(slash + 1);
  const address = parseIP(host);
  if (address === undefined || (!address.strict && !address.mapped && !host.includes(":"))) {
    return fail(problem(addressProblem(host)));
  }
  if (!/^[0-9]+$/.test(bits) || (bits.length > 1 && bits.startsWith("0"))) {
    return fail(problem(`bad bits after slash: ${goQuote(bits)}`));
  }
  const cidr = parseCIDR(text);
  if (cidr === undefined) return fail(problem("prefix length out of range"));
  if (address.mapped) return fail(`IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`);
  return cidr;
}

function succeeds(parse: (text: string) => unknown): (text: Value | undefined) => boolean {
  return (text) => {
    try {
      parse(text as string);
      return true;
    } catch (error) {
      if (error instanceof EvaluationError) return false;
      throw error;
    }
  };
}

const first = (address: IPAddress) => address.family === 4 ? address.bytes[12]! : address.bytes[0]!;
const second = (address: IPAddress) =>
  address.family === 4 ? address.bytes[13]! : address.bytes[1]!;
const all = (address: IPAddress, last: number) =>
  address.bytes.every((byte, index) =>
    address.family === 4 && index < 12 ? true : byte === (index === 15 ? last : 0)
  );

const isUnspecified = (address: IPAddress) => all(address, 0);
const isLoopback = (address: IPAddress) =>
  address.family === 4 ? first(address) === 127 : all(address, 1);
const isMulticast = (address: IPAddress) =>
  address.family === 4 ? (first(address) & 0xf0) === 0xe0 : first(address) === 0xff;
const isLinkLocalMulticast = (address: IPAddress) =>
  address.family === 4
    ? first(address) === 224 && second(address) === 0 && address.bytes[14] === 0
    : first(address) === 0xff && (second(address) & 0x0f) === 2;
const isLinkLocalUnicast = (address: IPAddress) =>
  address.family === 4
    ? first(address) === 169 && second(address) === 254
    : first(address) === 0xfe && (second(address) & 0xc0) === 0x80;
const isBroadcast = (address: IPAddress) =>
  address.family === 4 && address.bytes.subarray(12).every((byte) => byte === 255);
const isGlobalUnicast = (address: IPAddress) =>
  !isUnspecified(address) && !isBroadcast(address) && !isLoopback(address) &&
  !isMulticast(address) && !isLinkLocalUnicast(address);

const test = (name: string, id: string, check: (address: IPAddress) => boolean) =>
  declare(name, [[id, "net.IP.() -> bool"]], (ip) => check((ip as IPValue).address));

const ip = (text: Value) => new IPValue(parseAddress(text as string));
/** The function says once more what the parser says. */
function cidr(text: Value): CIDRValue {
  try {
    return new CIDRValue(parseNetwork(text as string));
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return fail(`network address parse error during conversion from string: ${error.message}`);
  }
}

function masked({ address, prefix }: CIDR): CIDR {
  const bits = address.family === 4 ? prefix + 96 : prefix;
  const bytes = address.bytes.map((byte, index) =>
    byte & (0xff << (8 - Math.min(8, Math.max(0, bits - 8 * index))))
  );
  return { address: { ...address, bytes }, prefix, strict: true };
}

function containsNetwork(outer: CIDR, inner: CIDR): boolean {
  return outer.prefix <= inner.prefix && containsIP(outer, inner.address);
}

/** Kubernetes' ip library. */
export const IP: Library = {
  types: [IP_TYPE],
  functions: [
    declare("ip", [["string_to_ip", "(string) -> net.IP"]], (text) => ip(text!)),
    declare(
      "family",
      [["ip_family", "net.IP.() -> int"]],
      (value) => (value as IPValue).address.family,
    ),
    declare(
      "ip.isCanonical",
      [["ip_is_canonical", "(string) -> bool"]],
      (text) => printIP(parseAddress(text as string)) === text,
    ),
    test("isUnspecified", "ip_is_unspecified", isUnspecified),
    test("isLoopback", "ip_is_loopback", isLoopback),
    test("isLinkLocalMulticast", "ip_is_link_local_multicast", isLinkLocalMulticast),
    test("isLinkLocalUnicast", "ip_is_link_local_unicast", isLinkLocalUnicast),
    test("isGlobalUnicast", "ip_is_global_unicast", isGlobalUnicast),
    declare("isIP", [["is_ip", "(string) -> bool"]], succeeds(parseAddress)),
    declare(
      "string",
      [["ip_to_string", "(net.IP) -> string"]],
      (value) => printIP((value as IPValue).address),
    ),
  ],
};

/** Kubernetes' cidr library. */
export const NETWORKS: Library = {
  types: [CIDR_TYPE],
  functions: [
    declare("cidr", [["string_to_cidr", "(string) -> net.CIDR"]], (text) => cidr(text!)),
    declare("containsIP", [
      [
        "cidr_contains_ip_string",
        "net.CIDR.(string) -> bool",
        (network, address) =>
          containsIP((network as CIDRValue).cidr, parseAddress(address as string)),
      ],
      [
        "cidr_contains_ip_ip",
        "net.CIDR.(net.IP) -> bool",
        (network, address) => containsIP((network as CIDRValue).cidr, (address as IPValue).address),
      ],
    ]),
    declare("containsCIDR", [
      [
        "cidr_contains_cidr_string",
        "net.CIDR.(string) -> bool",
        (network, inner) =>
          containsNetwork((network as CIDRValue).cidr, parseNetwork(inner as string)),
      ],
      [
        "cidr_contains_cidr",
        "net.CIDR.(net.CIDR) -> bool",
        (network, inner) => containsNetwork((network as CIDRValue).cidr, (inner as CIDRValue).cidr),
      ],
    ]),
    declare(
      "ip",
      [["cidr_ip", "net.CIDR.() -> net.IP"]],
      (network) => new IPValue((network as CIDRValue).cidr.address),
    ),
    declare(
      "prefixLength",
      [["cidr_prefix_length", "net.CIDR.() -> int"]],
      (network) => (network as CIDRValue).cidr.prefix,
    ),
    declare(
      "masked",
      [["cidr_masked", "net.CIDR.() -> net.CIDR"]],
      (network) => new CIDRValue(masked((network as CIDRValue).cidr)),
    ),
    declare("isCIDR", [["is_cidr", "(string) -> bool"]], succeeds(parseNetwork)),
    declare(
      "string",
      [["cidr_to_string", "(net.CIDR) -> string"]],
      (value) => printCIDR((value as CIDRValue).cidr),
    ),
  ],
};
