// What encoding/json says of a text that should be an object. Only for the
// few places where the real server shows such an error to clients (docker
// configurations in secrets); bodies of requests go through the codec.

const END = "unexpected end of JSON input";
const DEPTH_MAX = 10_000;

/** The error of unmarshalling `text` into a Go map type, or `undefined` when it is an object or null. */
export function goJsonError(text: string, goType: string): string | undefined {
  const problem = new Scanner(text).document();
  if (problem !== undefined) return problem;
  const first = text.trimStart()[0] as string;
  if (first === "{" || first === "n") return undefined;
  const kind = first === "["
    ? "array"
    : first === '"'
    ? "string"
    : first === "t" || first === "f"
    ? "bool"
    : "number";
  return `json: cannot unmarshal ${kind} into Go value of type ${goType}`;
}

/** Walks a text once; every method answers the first problem or `undefined`. */
class Scanner {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  document(): string | undefined {
    const problem = this.#value(0);
    if (problem !== undefined) return problem;
    this.#space();
    return this.#at < this.#text.length ? this.#bad("after top-level value") : undefined;
  }

  #space(): void {
    while (" \t\r\n".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  #bad(where: string): string {
    const point = this.#text.codePointAt(this.#at);
    if (point === undefined) return END;
    const rune = String.fromCodePoint(point);
    const quoted = rune === "'" ? "\\'" : rune === "\n" ? "\\n" : rune === "\t" ? "\\t" : rune;
    return `invalid character '${quoted}' ${where}`;
  }

  #value(depth: number): string | undefined {
    this.#space();
    const c = this.#text[this.#at];
    if (depth > DEPTH_MAX) return "exceeded max depth";
    if (c === "{") return this.#object(depth);
    if (c === "[") return this.#array(depth);
    if (c === '"') return this.#string();
    if (c === "t") return this.#literal("true");
    if (c === "f") return this.#literal("false");
    if (c === "n") return this.#literal("null");
    if (c === "-" || (c !== undefined && c >= "0" && c <= "9")) {
      return this.#number();
    }
    return this.#bad("looking for beginning of value");
  }

  #object(depth: number): string | undefined {
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === "}") return this.#skip();
    while (true) {
      this.#space();
      if (this.#text[this.#at] !== '"') {
        return this.#bad("looking for beginning of object key string");
      }
      const key = this.#string();
      if (key !== undefined) return key;
      this.#space();
      if (this.#text[this.#at] !== ":") return this.#bad("after object key");
      this.#at++;
      const value = this.#value(depth + 1);
      if (value !== undefined) return value;
      this.#space();
      if (this.#text[this.#at] === "}") return this.#skip();
      if (this.#text[this.#at] !== ",") {
        return this.#bad("after object key:value pair");
      }
      this.#at++;
    }
  }

  #array(depth: number): string | undefined {
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === "]") return this.#skip();
    while (true) {
      const value = this.#value(depth + 1);
      if (value !== undefined) return value;
      this.#space();
      if (this.#text[this.#at] === "]") return this.#skip();
      if (this.#text[this.#at] !== ",") return this.#bad("after array element");
      this.#at++;
    }
  }

  #skip(): undefined {
    this.#at++;
    return undefined;
  }

  #string(): string | undefined {
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const c = this.#text[this.#at] as string;
      if (c === '"') return this.#skip();
      if (c < " ") return this.#bad("in string literal");
      if (c !== "\\") continue;
      this.#at++;
      const escape = this.#text[this.#at];
      if (escape === undefined) return END;
      if (escape === "u") {
        for (let i = 0; i < 4; i++) {
          this.#at++;
          if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? "")) {
            return this.#bad("in \\u hexadecimal character escape");
          }
        }
      } else if (!'"\\/bfnrt'.includes(escape)) {
        return this.#bad("in string escape code");
      }
    }
    return END;
  }

  #literal(word: string): string | undefined {
    for (let i = 0; i < word.length; i++, this.#at++) {
      if (this.#text[this.#at] !== word[i]) {
        return this.#bad(`in literal ${word} (expecting '${word[i]}')`);
      }
    }
    return undefined;
  }

  #digits(where: string): string | undefined {
    if (!/[0-9]/.test(this.#text[this.#at] ?? "")) return this.#bad(where);
    while (/[0-9]/.test(this.#text[this.#at] ?? "")) this.#at++;
    return undefined;
  }

  #number(): string | undefined {
    if (this.#text[this.#at] === "-") this.#at++;
    if (this.#text[this.#at] === "0") this.#at++;
    else {
      const problem = this.#digits("in numeric literal");
      if (problem !== undefined) return problem;
    }
    if (this.#text[this.#at] === ".") {
      this.#at++;
      const problem = this.#digits("after decimal point in numeric literal");
      if (problem !== undefined) return problem;
    }
    if (/[eE]/.test(this.#text[this.#at] ?? "")) {
      this.#at++;
      if (/[+-]/.test(this.#text[this.#at] ?? "")) this.#at++;
      return this.#digits("in exponent of numeric literal");
    }
    return undefined;
  }
}
