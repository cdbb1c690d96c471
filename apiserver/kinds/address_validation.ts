// Checks of IP addresses and CIDR blocks as field errors: the messages of
// runtime/ip.ts, each with its field. Source: the Validate…IP functions of
// k8s.io/kubernetes/pkg/apis/core/validation.

import { type FieldError, invalid } from "../../runtime/field/error.ts";
import {
  type IPAddress,
  isValidCIDR,
  isValidCIDRForLegacyField,
  isValidIP,
  isValidIPForLegacyField,
  parseIP,
} from "../../runtime/ip.ts";
import { invalids } from "./name_validation.ts";

/** An address in a field that predates strict checks; those the old object had stay good. */
export function legacyIPErrors(
  value: string,
  field: string,
  old: readonly string[] = [],
): FieldError[] {
  return old.includes(value) ? [] : invalids(value, field, isValidIPForLegacyField(value));
}

/** A block in a field that predates strict checks; those the old object had stay good. */
export function legacyCIDRErrors(
  value: string,
  field: string,
  old: readonly string[] = [],
): FieldError[] {
  return old.includes(value) ? [] : invalids(value, field, isValidCIDRForLegacyField(value));
}

/** An address in canonical form. */
export function ipErrors(value: string, field: string): FieldError[] {
  return invalids(value, field, isValidIP(value));
}

/** A block in canonical form. */
export function cidrErrors(value: string, field: string): FieldError[] {
  return invalids(value, field, isValidCIDR(value));
}

/** `IPv4`, `IPv6`, or `""` for what is no address. */
export function ipFamily(value: string): "IPv4" | "IPv6" | "" {
  const address = parseIP(value);
  return address === undefined ? "" : address.family === 4 ? "IPv4" : "IPv6";
}

function isUnspecified({ bytes, family }: IPAddress): boolean {
  return bytes.every((byte, i) => byte === 0 || (family === 4 && i < 12));
}

function isLoopback({ bytes, family }: IPAddress): boolean {
  if (family === 4) return bytes[12] === 127;
  return bytes.every((byte, i) => byte === (i === 15 ? 1 : 0));
}

function isLinkLocalUnicast({ bytes, family }: IPAddress): boolean {
  if (family === 4) return bytes[12] === 169 && bytes[13] === 254;
  return bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80;
}

function isLinkLocalMulticast({ bytes, family }: IPAddress): boolean {
  if (family === 4) return bytes[12] === 224 && bytes[13] === 0 && bytes[14] === 0;
  return bytes[0] === 0xff && (bytes[1]! & 0x0f) === 0x02;
}

/** An address that is no special one: what services and endpoints may point at. */
export function nonSpecialIPErrors(value: string, field: string): FieldError[] {
  const address = parseIP(value);
  if (address === undefined) return [invalid(field, value, "must be a valid IP address")];
  const errors: FieldError[] = [];
  if (isUnspecified(address)) {
    errors.push(invalid(field, value, `may not be unspecified (${value})`));
  }
  if (isLoopback(address)) {
    errors.push(
      invalid(field, value, "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
    );
  }
  if (isLinkLocalUnicast(address)) {
    errors.push(
      invalid(field, value, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
    );
  }
  if (isLinkLocalMulticast(address)) {
    errors.push(
      invalid(
        field,
        value,
        "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
      ),
    );
  }
  return errors;
}
