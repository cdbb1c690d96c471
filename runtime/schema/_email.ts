// Whether a text is one e-mail address as Go's net/mail.ParseAddress takes it
// (RFC 5322, without groups): bare, or a display name with <address>.

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\-\\u0080-\\u{10ffff}]+";
const DOT_ATOM = `${ATOM}(?:\\.${ATOM})*`;
const QUOTED =
  '"(?:[^"\\\\\\u0000-\\u0008\\u000a-\\u001f\\u007f]|\\\\[\\t -~\\u0080-\\u{10ffff}])*"';
const LITERAL = "\\[([^\\[\\]\\\\\\u0000-\\u001f]*)\\]";
const SPACE = "[ \\t]*";
const ADDRESS = `(?:${DOT_ATOM}|${QUOTED})@(?:${DOT_ATOM}|${LITERAL})`;
const BARE = new RegExp(`^${SPACE}${ADDRESS}${SPACE}$`, "u");
const NAMED = new RegExp(
  `^${SPACE}(?:(?:${ATOM}|\\.|${QUOTED})${SPACE})*<${SPACE}${ADDRESS}${SPACE}>${SPACE}$`,
  "u",
);

/** The longest text that is looked at: display name and all. */
const LENGTH_MAX = 1_000;

/** Whether the text is an address. Comments in parentheses after it are allowed. */
export function isEmailAddress(text: string): boolean {
  if (text.length > LENGTH_MAX) return false;
  const plain = text.replace(/[ \t]*\([^()\\]*\)[ \t]*$/, "");
  const [open, close] = [plain.indexOf("<"), plain.lastIndexOf(">")];
  return open >= 0 && close > open ? NAMED.test(plain) : BARE.test(plain);
}
