// Quantities: numbers with a unit suffix such as `500m`, `1Gi` or `1e3`, exact
// at any size, with the canonical form and error texts of
// k8s.io/apimachinery/pkg/api/resource. Values are immutable.

/** Which family of suffixes a quantity is printed with. */
export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

/** The text is no quantity. `message` is that of the real decoder. */
export class QuantityError extends Error {
  /** Carries the decoder's text. */
  constructor(message: string) {
    super(message);
    this.name = "QuantityError";
  }
}

const FORMAT_WRONG =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const NUMBER_WRONG = "unable to parse numeric part of quantity";
const SUFFIX_WRONG = "unable to parse quantity's suffix";

const DECIMAL_SUFFIXES: ReadonlyMap<string, number> = new Map([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);
const BINARY_SUFFIXES: ReadonlyMap<string, number> = new Map([
  ["Ki", 10],
  ["Mi", 20],
  ["Gi", 30],
  ["Ti", 40],
  ["Pi", 50],
  ["Ei", 60],
]);
const DECIMAL_BY_EXPONENT = new Map(
  [...DECIMAL_SUFFIXES].map(([s, e]) => [e, s]),
);
const BINARY_BY_EXPONENT = new Map(
  [...BINARY_SUFFIXES].map(([s, e]) => [e, s]),
);

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
const NANO = -9;
/** Up to this many digits the real one computes with 64-bit integers. */
const INT64_DIGITS = 18;

// The real scanner allows a number without digits ("m" is 0), hence the stars.
const PARTS = /^([+-]?)(0*)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;

interface Suffix {
  format: QuantityFormat;
  exponent: number;
}

function interpretSuffix(text: string): Suffix | undefined {
  const decimal = DECIMAL_SUFFIXES.get(text);
  if (decimal !== undefined) return { format: "DecimalSI", exponent: decimal };
  const binary = BINARY_SUFFIXES.get(text);
  if (binary !== undefined) return { format: "BinarySI", exponent: binary };
  if (!/^[eE][-+]?[0-9]+$/.test(text)) return undefined;
  const exponent = BigInt(
    text.charAt(1) === "+" ? text.slice(2) : text.slice(1),
  );
  if (exponent > MAX_INT64 || exponent < MIN_INT64) return undefined;
  return {
    format: "DecimalExponent",
    exponent: Number(BigInt.asIntN(32, exponent)),
  };
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** `value / 10^digits`, rounded away from zero. */
function divideRoundingUp(value: bigint, digits: number): bigint {
  const size = abs(value);
  // A power far beyond the value need not be computed: what is left rounds to one.
  if (digits > size.toString().length) {
    return value === 0n ? 0n : value < 0n ? -1n : 1n;
  }
  const divisor = 10n ** BigInt(digits);
  const quotient = (size + divisor - 1n) / divisor;
  return value < 0n ? -quotient : quotient;
}

/** A fixed-point number that remembers the family of its suffix. */
export class Quantity {
  /** Zero, as it prints when nothing else is known. */
  static readonly zero: Quantity = new Quantity(0n, 0, "DecimalSI");

  /** The suffix family it is printed with. */
  readonly format: QuantityFormat;
  readonly #unscaled: bigint;
  /** The value is `unscaled * 10^scale`. */
  readonly #scale: number;
  /** The real one holds it as an arbitrary-precision decimal. Shows when an integer value overflows. */
  readonly #decimal: boolean;
  #text: string | undefined;

  private constructor(
    unscaled: bigint,
    scale: number,
    format: QuantityFormat,
    decimal = false,
    text?: string,
  ) {
    this.#unscaled = unscaled;
    this.#scale = scale;
    this.format = format;
    this.#decimal = decimal;
    this.#text = text;
  }

  /** Reads a quantity. Throws {@linkcode QuantityError}. */
  static parse(text: string): Quantity {
    if (text === "0") return Quantity.zero;
    const parts = text === "" ? null : PARTS.exec(text);
    if (parts === null) throw new QuantityError(FORMAT_WRONG);
    const [, sign, zeros = "", significant = "", fraction = "", suffixText = ""] = parts;
    const suffix = interpretSuffix(suffixText);
    if (suffix === undefined) throw new QuantityError(SUFFIX_WRONG);
    const digits = significant === "" ? "0" : significant;
    const shifted = digits + fraction;
    const magnitude = BigInt(shifted);
    const value = sign === "-" ? -magnitude : magnitude;
    const fast = fastForm(digits, fraction, suffix);
    if (fast !== undefined) {
      const unscaled = suffix.format === "BinarySI" ? value << BigInt(suffix.exponent) : value;
      const kept = keepsText(suffix, magnitude, shifted, fast) ? text : undefined;
      return new Quantity(unscaled, fast, suffix.format, false, kept);
    }
    // Only the fast way takes a suffix alone for zero.
    if (significant === "" && zeros === "" && fraction === "") {
      throw new QuantityError(NUMBER_WRONG);
    }
    return Quantity.#parseSlowly(value, -fraction.length, suffix);
  }

  static #parseSlowly(value: bigint, scale: number, suffix: Suffix): Quantity {
    let unscaled = value;
    let format = suffix.format;
    if (format === "BinarySI") unscaled <<= BigInt(suffix.exponent);
    else scale += suffix.exponent;
    // What is too small to represent counts as the smallest there is.
    if (scale < NANO) {
      unscaled = divideRoundingUp(unscaled, NANO - scale);
      scale = NANO;
    }
    if (format === "BinarySI") {
      const one = 10n ** BigInt(-scale);
      if (abs(unscaled) > MAX_INT64 * one) {
        unscaled = unscaled < 0n ? -MAX_INT64 : MAX_INT64;
        scale = 0;
      } else if (unscaled !== 0n && abs(unscaled) < one) format = "DecimalSI";
    }
    return new Quantity(unscaled, scale, format, true);
  }

  /** `value * 10^scale`. */
  static of(
    value: bigint | number,
    format: QuantityFormat = "DecimalSI",
    scale = 0,
  ): Quantity {
    return new Quantity(BigInt(value), scale, format);
  }

  /** -1, 0 or 1. */
  get sign(): -1 | 0 | 1 {
    return this.#unscaled < 0n ? -1 : this.#unscaled > 0n ? 1 : 0;
  }

  /** -1, 0 or 1 as this is less than, equal to or more than `other`. */
  compare(other: Quantity): -1 | 0 | 1 {
    if (this.sign !== other.sign) return this.sign < other.sign ? -1 : 1;
    if (this.sign === 0) return 0;
    const order = this.#magnitude() - other.#magnitude();
    if (order !== 0) return (order < 0) === (this.sign > 0) ? -1 : 1;
    // Of the same magnitude: the scales differ by no more than the digits do.
    const scale = Math.min(this.#scale, other.#scale);
    const left = this.#at(scale);
    const right = other.#at(scale);
    return left < right ? -1 : left > right ? 1 : 0;
  }

  /** Whether both are the same number, whatever their suffixes. */
  equals(other: Quantity): boolean {
    return this.compare(other) === 0;
  }

  /** The sum, printed in this one's format unless it is zero. */
  add(other: Quantity): Quantity {
    const format = this.sign === 0 ? other.format : this.format;
    if (this.sign === 0) return other.#with(format);
    if (other.sign === 0) return this.#with(format);
    const scale = Math.min(this.#scale, other.#scale);
    boundSpan(this, other, Math.max(this.#scale, other.#scale) - scale);
    return new Quantity(
      this.#at(scale) + other.#at(scale),
      scale,
      format,
      this.#decimal || other.#decimal,
    );
  }

  /** The difference, printed in this one's format unless it is zero. */
  subtract(other: Quantity): Quantity {
    return this.add(other.negate());
  }

  /** This times -1. */
  negate(): Quantity {
    return new Quantity(
      -this.#unscaled,
      this.#scale,
      this.format,
      this.#decimal,
    );
  }

  /** This times an integer. */
  multiply(factor: bigint | number): Quantity {
    return new Quantity(
      this.#unscaled * BigInt(factor),
      this.#scale,
      this.format,
      this.#decimal,
    );
  }

  /** The integer not smaller in size; 0 when a 64-bit integer cannot hold it. */
  value(): bigint {
    return this.scaledValue(0);
  }

  /** A thousand times the value, as {@linkcode Quantity.value}. */
  milliValue(): bigint {
    return this.scaledValue(-3);
  }

  /** The value in units of 10^scale, rounded away from zero to a 64-bit integer. */
  scaledValue(scale: number): bigint {
    const shift = this.#scale - scale;
    if (shift < 0) {
      return BigInt.asIntN(64, divideRoundingUp(this.#unscaled, -shift));
    }
    if (shift > INT64_DIGITS) return 0n;
    const value = this.#unscaled * 10n ** BigInt(shift);
    if (value <= MAX_INT64 && value >= MIN_INT64) return value;
    return this.#decimal ? BigInt.asIntN(64, value) : 0n;
  }

  /** This rounded away from zero to a multiple of 10^scale. Unchanged, with its text, when it is one. */
  roundUp(scale: number): Quantity {
    if (!this.#decimal && this.#scale >= scale) return this;
    return new Quantity(
      this.#scale >= scale ? this.#unscaled : divideRoundingUp(this.#unscaled, scale - this.#scale),
      Math.max(scale, this.#scale),
      this.format,
      this.#decimal,
    );
  }

  /** The nearest floating-point number. */
  toNumber(): number {
    return Number(`${this.#unscaled}e${this.#scale}`);
  }

  /** The canonical form. */
  toString(): string {
    return this.#text ??= this.#canonical();
  }

  /** The canonical form: quantities are strings in JSON. */
  toJSON(): string {
    return this.toString();
  }

  #with(format: QuantityFormat): Quantity {
    return new Quantity(this.#unscaled, this.#scale, format, this.#decimal);
  }

  #at(scale: number): bigint {
    return this.#unscaled * 10n ** BigInt(this.#scale - scale);
  }

  /** Decimal digits before the point (negative: zeros after it). */
  #magnitude(): number {
    return abs(this.#unscaled).toString().length + this.#scale;
  }

  #canonical(): string {
    if (this.#unscaled === 0n) return "0";
    if (this.format === "BinarySI") {
      const whole = this.#wholeOfBinary();
      if (whole !== undefined) return canonicalBinary(whole);
    }
    return this.#canonicalDecimal(this.format === "DecimalExponent");
  }

  /** The integer to print with a binary suffix, if it is one and large enough. */
  #wholeOfBinary(): bigint | undefined {
    if (this.#magnitude() < 4) return undefined;
    const rounded = this.roundUp(0);
    if (!rounded.equals(this)) return undefined;
    const whole = rounded.#at(0);
    return abs(whole) < 1024n ? undefined : whole;
  }

  #canonicalDecimal(exponential: boolean): string {
    const digits = this.#unscaled.toString();
    const kept = digits.replace(/0+$/, "");
    let exponent = this.#scale + digits.length - kept.length;
    const zeros = ((exponent % 3) + 3) % 3;
    exponent -= zeros;
    const suffix = exponential
      ? (exponent === 0 ? "" : `e${exponent}`)
      : DECIMAL_BY_EXPONENT.get(exponent) ?? "";
    return kept + "0".repeat(zeros) + suffix;
  }
}

/** The scale of the 64-bit form, or undefined when the number needs more digits or a fraction of a binary suffix. */
function fastForm(
  digits: string,
  fraction: string,
  { format, exponent }: Suffix,
): number | undefined {
  if (format === "BinarySI") {
    if (fraction !== "") return undefined;
    const spare = 15 - digits.length - Math.trunc((exponent * 3) / 10) - 1;
    return spare >= 0 ? 0 : undefined;
  }
  const scale = exponent - fraction.length;
  const spare = INT64_DIGITS - digits.length - fraction.length;
  return spare >= 0 && scale >= NANO ? scale : undefined;
}

/** Whether the real parser takes the text for canonical already and so prints it again as it was. */
function keepsText(
  suffix: Suffix,
  magnitude: bigint,
  shifted: string,
  scale: number,
): boolean {
  if (suffix.format === "BinarySI") return (magnitude & 7n) !== 0n;
  return scale % 3 === 0 && !shifted.endsWith("000") &&
    !shifted.startsWith("0");
}

function canonicalBinary(whole: bigint): string {
  let exponent = 0;
  while (whole % 1024n === 0n && abs(whole) >= 1024n) {
    whole /= 1024n;
    exponent += 10;
  }
  return `${whole}${BINARY_BY_EXPONENT.get(exponent) ?? ""}`;
}

// Adding 1 to 1e1000000000 would need a billion digits.
const SPAN_MAX = 100_000;

function boundSpan(left: Quantity, right: Quantity, span: number): void {
  if (span > SPAN_MAX) {
    throw new QuantityError(
      `the sum of ${left} and ${right} has too many digits`,
    );
  }
}

const CANONICAL_MAX = 4096;
const canonicalForms = new Map<string, string>();

/** The canonical form of a quantity's text, remembered for the commonest ones. Throws {@linkcode QuantityError}. */
export function canonicalQuantity(text: string): string {
  const known = canonicalForms.get(text);
  if (known !== undefined) return known;
  const canonical = Quantity.parse(text.trim()).toString();
  if (text.length <= 32) {
    if (canonicalForms.size >= CANONICAL_MAX) canonicalForms.clear();
    canonicalForms.set(text, canonical);
  }
  return canonical;
}
