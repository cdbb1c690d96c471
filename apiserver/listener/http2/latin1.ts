// Bytes as text, a character for each: what headers are.

/** As many arguments as any engine takes. */
const ARGUMENTS_MAX = 8192;

/** The text whose characters have these codes. */
export function latin1(
  codes: ArrayLike<number> & { slice(a: number, b: number): ArrayLike<number> },
) {
  if (codes.length <= ARGUMENTS_MAX) return fromCodes(codes);
  let text = "";
  for (let i = 0; i < codes.length; i += ARGUMENTS_MAX) {
    text += fromCodes(codes.slice(i, i + ARGUMENTS_MAX));
  }
  return text;
}

function fromCodes(codes: ArrayLike<number>): string {
  return String.fromCharCode.apply(undefined, codes as number[]);
}
