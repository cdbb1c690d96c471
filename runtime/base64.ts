// Standard base64 as Go's decoder takes it: line breaks are skipped, padding
// is demanded, and what is wrong is named by its position.

/** The text is not base64. `message` is Go's. */
export class Base64Error extends Error {
  /** `at` is the index of the byte that is wrong. */
  constructor(at: number) {
    super(`illegal base64 data at input byte ${at}`);
    this.name = "Base64Error";
  }
}

// Only the last character before padding can carry bits that are lost; these carry none.
const CANONICAL =
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==)?$/;
const DIGIT = /[A-Za-z0-9+/]/;

/** Index of the first byte Go's decoder stops at, or -1 when the text is base64. */
function firstError(text: string): number {
  let at = 0;
  const skipBreaks = () => {
    while (text.charAt(at) === "\n" || text.charAt(at) === "\r") at++;
  };
  while (true) {
    for (let digit = 0; digit < 4; digit++) {
      skipBreaks();
      if (at >= text.length) return digit === 0 ? -1 : at - digit;
      const char = text.charAt(at++);
      if (DIGIT.test(char)) continue;
      if (char !== "=" || digit < 2) return at - 1;
      if (digit === 2) {
        skipBreaks();
        if (at >= text.length) return text.length;
        if (text.charAt(at) !== "=") return at - 1;
        at++;
      }
      skipBreaks();
      return at < text.length ? at : -1;
    }
  }
}

/** The bytes of base64 text. Throws {@linkcode Base64Error}. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  if (!CANONICAL.test(text)) {
    const at = firstError(text);
    if (at >= 0) throw new Base64Error(at);
  }
  return Uint8Array.from(atob(text.replace(/[\r\n]/g, "")), (char) => char.charCodeAt(0));
}

/** Base64 text of bytes. */
export function encodeBase64(bytes: Uint8Array): string {
  const CHUNK = 0x8000;
  let binary = "";
  for (let i = 0; i < bytes.length; i += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  }
  return btoa(binary);
}

/** The text as an encoder would have written it. Throws {@linkcode Base64Error}. */
export function canonicalBase64(text: string): string {
  return CANONICAL.test(text) ? text : encodeBase64(decodeBase64(text));
}
