// What Go's decoder says of text that is not base64.

const WELL_FORMED = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The message about a text that is no base64; line breaks do not count. */
export function base64Problem(text: string): string | undefined {
  const plain = text.replace(/[\r\n]/g, "");
  if (WELL_FORMED.test(plain)) return undefined;
  const wrong = plain.search(/[^A-Za-z0-9+/=]/);
  const padding = plain.indexOf("=");
  const at = wrong >= 0 ? wrong : padding >= 0 ? padding : plain.length - plain.length % 4;
  return `illegal base64 data at input byte ${at}`;
}
