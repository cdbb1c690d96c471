// `Warning` headers of one answer: each text once, cut when they grow long.
// Source: RFC 9111 section 5.5 (code 299) and k8s.io/apiserver
// endpoints/filters WithWarningRecorder.

// When all texts together pass the first bound, each is cut to the second.
const TOTAL_RUNES_MAX = 4 * 1024;
const ITEM_RUNES_MAX = 256;

/** Collects the warnings of one request. */
export class WarningRecorder {
  readonly #texts = new Set<string>();

  /** Adds one, unless it was added before. */
  add(text: string): void {
    if (text !== "") this.#texts.add(text);
  }

  /** The header's lines; empty when there are none. */
  headers(): string[] {
    if (this.#texts.size === 0) return [];
    let total = 0;
    for (const text of this.#texts) total += text.length;
    const lines: string[] = [];
    let written = 0;
    for (const text of this.#texts) {
      const shown = total > TOTAL_RUNES_MAX && text.length > ITEM_RUNES_MAX
        ? [...text].slice(0, ITEM_RUNES_MAX).join("")
        : text;
      written += shown.length;
      if (written > TOTAL_RUNES_MAX) break;
      lines.push(`299 - ${quoted(shown)}`);
    }
    return lines;
  }
}

function quoted(text: string): string {
  let out = '"';
  for (const char of text) {
    if (char === '"' || char === "\\") out += "\\" + char;
    // Line breaks and other controls cannot stand in a header.
    else if (char < " " || char === "\x7f") out += " ";
    else out += char;
  }
  return out + '"';
}
