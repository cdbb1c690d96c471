// The text of an expression and the errors found in it, printed as cel-go
// prints them: place, message, the line and a caret under the column.

/** An error at a place in the source. */
export interface Issue {
  readonly message: string;
  /** 1-based; -1 where there is no place. */
  readonly line: number;
  /** 0-based, in code points; -1 where there is no place. */
  readonly column: number;
}

const SNIPPET_LENGTH_MAX = 16384;
const ISSUES_MAX = 100;

/** The text of an expression by code points and lines. */
export class Source {
  /** The code points. */
  readonly points: readonly string[];
  #lines: number[] | undefined;

  constructor(readonly text: string, readonly description = "<input>") {
    this.points = Array.from(text);
  }

  #lineStarts(): number[] {
    if (this.#lines !== undefined) return this.#lines;
    const starts = [0];
    this.points.forEach((point, index) => {
      if (point === "\n") starts.push(index + 1);
    });
    return this.#lines = starts;
  }

  /** Line (1-based) and column (0-based) of an offset. */
  locate(offset: number | undefined): { line: number; column: number } {
    if (offset === undefined || offset < 0) return { line: -1, column: -1 };
    // No text has no first column.
    if (this.text === "") return { line: 1, column: -1 };
    const starts = this.#lineStarts();
    let line = starts.length - 1;
    while (starts[line]! > offset) line--;
    return { line: line + 1, column: offset - starts[line]! };
  }

  /** The text of a line, counted from 1. */
  line(line: number): string | undefined {
    const starts = this.#lineStarts();
    const start = starts[line - 1];
    if (start === undefined || this.text === "") return undefined;
    const next = starts[line];
    return this.points.slice(start, next === undefined ? undefined : next - 1).join("");
  }

  /** Prints one error with its line and a caret. */
  display(issue: Issue): string {
    const head = `ERROR: ${this.description}:${issue.line}:${issue.column + 1}: ${issue.message}`;
    const snippet = this.line(issue.line)?.replaceAll("\t", " ");
    if (snippet === undefined || snippet.length > SNIPPET_LENGTH_MAX) return head;
    const points = Array.from(snippet);
    // Go tells wide characters by their bytes: all beyond ASCII.
    const wide = (point: string | undefined) => point !== undefined && point.codePointAt(0)! > 127;
    let caret = "";
    for (let index = 0; index < issue.column && index < points.length; index++) {
      caret += wide(points[index]) ? "\uff0e" : ".";
    }
    caret += wide(points[Math.max(issue.column, 0)]) ? "\uff3e" : "^";
    return `${head}\n | ${snippet}\n | ${caret}`;
  }
}

/** The errors of one source. */
export class Issues {
  readonly list: Issue[] = [];
  #count = 0;

  constructor(readonly source: Source) {}

  /** Notes an error at an offset; `undefined` where there is no place. */
  report(offset: number | undefined, message: string): void {
    this.#count++;
    if (this.#count > ISSUES_MAX) return;
    this.list.push({ message, ...this.source.locate(offset) });
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** All of them by place, one after the other. */
  toString(): string {
    const sorted = [...this.list].sort((a, b) => a.line - b.line || a.column - b.column);
    const lines = sorted.map((issue) => this.source.display(issue));
    if (this.#count > ISSUES_MAX) {
      lines.push(`${this.#count - ISSUES_MAX} more errors were truncated`);
    }
    return lines.join("\n");
  }
}
