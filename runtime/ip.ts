// IP addresses and CIDR blocks: parsing as leniently as old API fields do,
// canonical text (RFC 5952), and the checks and warnings of
// k8s.io/apimachinery/pkg/util/validation/ip.go. Checks answer a list of
// messages, empty when the value is good.

/** An IP address. */
export interface IPAddress {
  /** 4 also for IPv4 addresses written as IPv6 (`::ffff:1.2.3.4`). */
  readonly family: 4 | 6;
  /** 16 bytes; IPv4 addresses are mapped. */
  readonly bytes: Uint8Array;
  /** Written as IPv6 although it is IPv4. */
  readonly mapped: boolean;
  /** Whether it was written without needless zeros, so that no parser misreads it. */
  readonly strict: boolean;
}

/** An IP address and how many of its bits are the network's. */
export interface CIDR {
  /** As written, with the host's bits. */
  readonly address: IPAddress;
  /** As written: of 32 for IPv4, of 128 for IPv6 and mapped IPv4. */
  readonly prefix: number;
  /** Whether it was written without needless zeros. */
  readonly strict: boolean;
}

// net.dtoi and net.xtoi give up here.
const NUMBER_MAX = 0xffffff;

function parseIPv4(
  text: string,
): { octets: number[]; strict: boolean } | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const octets: number[] = [];
  let strict = true;
  for (const part of parts) {
    if (!/^[0-9]+$/.test(part)) return undefined;
    const octet = Number(part);
    if (octet > 255) return undefined;
    if (part.length > 1 && part.startsWith("0")) strict = false;
    octets.push(octet);
  }
  return { octets, strict };
}

interface Groups {
  numbers: number[];
  strict: boolean;
}

function parseGroups(text: string, last: boolean): Groups | undefined {
  const groups: Groups = { numbers: [], strict: true };
  if (text === "") return groups;
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (last && i === parts.length - 1 && part.includes(".")) {
      const v4 = parseIPv4(part);
      if (v4 === undefined) return undefined;
      const [a = 0, b = 0, c = 0, d = 0] = v4.octets;
      groups.numbers.push(a * 256 + b, c * 256 + d);
      groups.strict &&= v4.strict;
      continue;
    }
    if (!/^[0-9a-fA-F]+$/.test(part)) return undefined;
    const number = parseInt(part, 16);
    if (number > 0xffff) return undefined;
    if (part.length > 4) groups.strict = false;
    groups.numbers.push(number);
  }
  return groups;
}

function parseIPv6(
  text: string,
): { groups: number[]; strict: boolean } | undefined {
  const gap = text.indexOf("::");
  if (gap < 0) {
    const all = parseGroups(text, true);
    if (all === undefined || all.numbers.length !== 8) return undefined;
    return { groups: all.numbers, strict: all.strict };
  }
  const head = parseGroups(text.slice(0, gap), false);
  const tail = parseGroups(text.slice(gap + 2), true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.numbers.length - tail.numbers.length;
  // "::" stands for at least one group.
  if (missing < 1) return undefined;
  return {
    groups: [
      ...head.numbers,
      ...new Array<number>(missing).fill(0),
      ...tail.numbers,
    ],
    strict: head.strict && tail.strict,
  };
}

/** The longest text that can be an address; longer ones are not looked at. */
const TEXT_MAX = 256;

/** Reads an address as leniently as upstream's ParseIPSloppy: needless zeros are allowed. */
export function parseIP(text: string): IPAddress | undefined {
  if (text.length > TEXT_MAX) return undefined;
  const bytes = new Uint8Array(16);
  if (!text.includes(":")) {
    const v4 = parseIPv4(text);
    if (v4 === undefined) return undefined;
    bytes.set([0xff, 0xff, ...v4.octets], 10);
    return { family: 4, bytes, mapped: false, strict: v4.strict };
  }
  const v6 = parseIPv6(text);
  if (v6 === undefined) return undefined;
  for (const [i, group] of v6.groups.entries()) {
    bytes[2 * i] = group >> 8;
    bytes[2 * i + 1] = group & 0xff;
  }
  const mapped = bytes.subarray(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 0xff && bytes[11] === 0xff;
  return { family: mapped ? 4 : 6, bytes, mapped, strict: v6.strict };
}

/** Reads a CIDR block as leniently as upstream's ParseCIDRSloppy. */
export function parseCIDR(text: string): CIDR | undefined {
  const slash = text.indexOf("/");
  if (slash < 0) return undefined;
  const address = parseIP(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (address === undefined || !/^[0-9]+$/.test(digits)) return undefined;
  const prefix = Number(digits);
  const bits = address.family === 4 && !address.mapped ? 32 : 128;
  if (prefix > bits || prefix >= NUMBER_MAX) return undefined;
  const padded = digits.length > 1 && digits.startsWith("0");
  return { address, prefix, strict: address.strict && !padded };
}

/** The canonical text of an address; IPv4 ones print as IPv4 however they were written. */
export function printIP(address: IPAddress): string {
  return printBytes(address.bytes);
}

function printBytes(bytes: Uint8Array): string {
  if (isMapped(bytes)) return bytes.subarray(12).join(".");
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) {
    groups.push((bytes[i] ?? 0) * 256 + (bytes[i + 1] ?? 0));
  }
  const [start, length] = longestZeros(groups);
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 0xff &&
    bytes[11] === 0xff;
}

function longestZeros(groups: number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (groups[end] === 0) end++;
    if (end - i > best[1]) best = [i, end - i];
    if (end > i) i = end;
  }
  return best;
}

/** How many of 128 bits belong to the network. */
function networkBits(cidr: CIDR): number {
  return cidr.address.family === 4 && !cidr.address.mapped ? cidr.prefix + 96 : cidr.prefix;
}

function networkBytes(cidr: CIDR): Uint8Array {
  const bits = networkBits(cidr);
  return cidr.address.bytes.map((byte, i) => {
    const kept = Math.min(8, Math.max(0, bits - 8 * i));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
}

/** The network a CIDR block stands for, in canonical text. */
export function printNetwork(cidr: CIDR): string {
  const bytes = networkBytes(cidr);
  const prefix = isMapped(bytes) ? Math.max(0, networkBits(cidr) - 96) : cidr.prefix;
  return `${printBytes(bytes)}/${prefix}`;
}

/** Whether `network` contains `address`. */
export function containsIP(network: CIDR, address: IPAddress): boolean {
  if (network.address.family !== address.family) return false;
  const bits = networkBits(network);
  const other = networkBytes({
    address: { ...address, mapped: true },
    prefix: bits,
    strict: true,
  });
  return networkBytes(network).every((byte, i) => byte === other[i]);
}

const IP_WORDS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const CIDR_WORDS = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

function strictIPMessages(address: IPAddress): string[] {
  if (!address.strict) return ["must not have leading 0s"];
  return address.mapped ? ["must not be an IPv4-mapped IPv6 address"] : [];
}

/** An address in a field that predates strict validation: any spelling that has one meaning; any at all unless `strict`. */
export function isValidIPForLegacyField(
  value: string,
  strict = true,
): string[] {
  const address = parseIP(value);
  if (address === undefined) return [IP_WORDS];
  return strict ? strictIPMessages(address) : [];
}

/** An address in canonical text. */
export function isValidIP(value: string): string[] {
  const messages = isValidIPForLegacyField(value);
  const address = parseIP(value);
  if (messages.length > 0 || address === undefined) return messages;
  const canonical = printIP(address);
  return value === canonical ? [] : [`must be in canonical form ("${canonical}")`];
}

/** A block in a field that predates strict validation. */
export function isValidCIDRForLegacyField(
  value: string,
  strict = true,
): string[] {
  const cidr = parseCIDR(value);
  if (cidr === undefined) return [CIDR_WORDS];
  if (!strict) return [];
  if (!cidr.strict) return ["must not have leading 0s in IP or prefix length"];
  if (cidr.address.mapped) return ["must not have an IPv4-mapped IPv6 address"];
  return hasHostBits(cidr) ? ["must not have bits set beyond the prefix length"] : [];
}

/** A block in canonical text. */
export function isValidCIDR(value: string): string[] {
  const messages = isValidCIDRForLegacyField(value);
  const cidr = parseCIDR(value);
  if (messages.length > 0 || cidr === undefined) return messages;
  const canonical = printNetwork(cidr);
  return value === canonical ? [] : [`must be in canonical form ("${canonical}")`];
}

/** An address with its subnet's length, in canonical text. */
export function isValidInterfaceAddress(value: string): string[] {
  const cidr = parseCIDR(value);
  if (cidr === undefined) {
    return [
      "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)",
    ];
  }
  const { address, prefix } = cidr;
  const shown = address.mapped && prefix > 32 ? prefix - 96 : prefix;
  const canonical = `${printIP(address)}/${shown}`;
  return value === canonical ? [] : [`must be in canonical form ("${canonical}")`];
}

function hasHostBits(cidr: CIDR): boolean {
  return networkBytes(cidr).some((byte, i) => byte !== cidr.address.bytes[i]);
}

/** Warnings for an address that is valid but spelled unusually. */
export function ipWarnings(field: string, value: string): string[] {
  const address = parseIP(value);
  if (address === undefined) return [];
  const canonical = printIP(address);
  const text = JSON.stringify(value);
  if (!address.strict || address.mapped) {
    return [
      `${field}: non-standard IP address ${text} is invalid: use "${canonical}"`,
    ];
  }
  if (address.family === 6 && canonical !== value) {
    return [
      `${field}: IPv6 address ${text} should be in RFC 5952 canonical format ("${canonical}")`,
    ];
  }
  return [];
}

/** Warnings for a block that is valid but spelled unusually. */
export function cidrWarnings(field: string, value: string): string[] {
  const cidr = parseCIDR(value);
  if (cidr === undefined) return [];
  const warnings: string[] = [];
  const network = printNetwork(cidr);
  const text = JSON.stringify(value);
  const { address } = cidr;
  if (hasHostBits(cidr)) {
    const single = `${printIP(address)}/${address.family === 4 && !address.mapped ? 32 : 128}`;
    warnings.push(
      `${field}: CIDR value ${text} is ambiguous in this context (should be "${network}" or "${single}"?)`,
    );
  }
  if (!cidr.strict || address.mapped) {
    warnings.push(
      `${field}: non-standard CIDR value ${text} is invalid: use "${network}"`,
    );
  }
  const spelled = `${printIP(address)}/${cidr.prefix}`;
  if (warnings.length === 0 && address.family === 6 && spelled !== value) {
    warnings.push(
      `${field}: IPv6 CIDR value ${text} should be in RFC 5952 canonical format ("${spelled}")`,
    );
  }
  return warnings;
}

/** A host and a port as URLs and lists of endpoints have them: IPv6 addresses in brackets. */
export function joinHostPort(host: string, port: number | string): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
