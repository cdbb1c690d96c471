// ASN.1 values as certificates need them, over node-forge's ASN.1 layer
// (X.690 DER). Only what certificate.ts puts together.

import { Buffer } from "node:buffer";
import asn1 from "node-forge/lib/asn1.js";

/** An ASN.1 value. */
export interface Asn1 {
  readonly type: number;
  readonly tagClass: number;
  readonly constructed: boolean;
  readonly value: string | Asn1[];
}

interface ForgeAsn1 {
  Class: { UNIVERSAL: number; CONTEXT_SPECIFIC: number };
  Type: Record<
    | "BOOLEAN"
    | "INTEGER"
    | "BITSTRING"
    | "OCTETSTRING"
    | "OID"
    | "NULL"
    | "UTF8"
    | "PRINTABLESTRING"
    | "SEQUENCE"
    | "SET"
    | "UTCTIME"
    | "GENERALIZEDTIME",
    number
  >;
  create(
    tagClass: number,
    type: number,
    constructed: boolean,
    value: unknown,
  ): Asn1;
  fromDer(bytes: string): Asn1;
  toDer(value: Asn1): { getBytes(): string };
  oidToDer(oid: string): { getBytes(): string };
  dateToUtcTime(date: Date): string;
  dateToGeneralizedTime(date: Date): string;
}

const forge = asn1 as ForgeAsn1;

function universal(
  type: keyof ForgeAsn1["Type"],
  value: string | Asn1[],
): Asn1 {
  return forge.create(
    forge.Class.UNIVERSAL,
    forge.Type[type],
    Array.isArray(value),
    value,
  );
}

/** SEQUENCE. */
export function sequence(...items: Asn1[]): Asn1 {
  return universal("SEQUENCE", items);
}

/** SET. */
export function set(...items: Asn1[]): Asn1 {
  return universal("SET", items);
}

/** OBJECT IDENTIFIER. */
export function oid(dotted: string): Asn1 {
  return universal("OID", forge.oidToDer(dotted).getBytes());
}

/** BOOLEAN. */
export function boolean(value: boolean): Asn1 {
  return universal("BOOLEAN", value ? "\xff" : "\x00");
}

/** INTEGER of big-endian two's complement bytes. */
export function integer(bytes: Buffer): Asn1 {
  return universal("INTEGER", bytes.toString("latin1"));
}

/** NULL. */
export function nothing(): Asn1 {
  return universal("NULL", "");
}

/** OCTET STRING. */
export function octets(bytes: Buffer): Asn1 {
  return universal("OCTETSTRING", bytes.toString("latin1"));
}

/** BIT STRING with so many unused bits in its last byte. */
export function bits(bytes: Buffer, unused: number): Asn1 {
  return universal(
    "BITSTRING",
    String.fromCharCode(unused) + bytes.toString("latin1"),
  );
}

/** PrintableString where the text allows it, otherwise UTF8String. */
export function text(value: string): Asn1 {
  return /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value)
    ? universal("PRINTABLESTRING", value)
    : universal("UTF8", Buffer.from(value, "utf8").toString("latin1"));
}

/** UTCTime until 2049, GeneralizedTime after that (RFC 5280, 4.1.2.5). */
export function time(ms: number): Asn1 {
  const date = new Date(ms);
  return date.getUTCFullYear() < 2050
    ? universal("UTCTIME", forge.dateToUtcTime(date))
    : universal("GENERALIZEDTIME", forge.dateToGeneralizedTime(date));
}

/** A context-specific value: constructed of items, or primitive with these bytes. */
export function context(tag: number, value: Asn1[] | Buffer | string): Asn1 {
  const constructed = Array.isArray(value);
  const content = constructed ? value : Buffer.from(value as string).toString("latin1");
  return forge.create(forge.Class.CONTEXT_SPECIFIC, tag, constructed, content);
}

/** A value out of its DER bytes. Throws when they are no DER. */
export function fromDer(bytes: Buffer): Asn1 {
  return forge.fromDer(bytes.toString("latin1"));
}

/** The DER bytes of a value. */
export function toDer(value: Asn1): Buffer {
  return Buffer.from(forge.toDer(value).getBytes(), "latin1");
}
