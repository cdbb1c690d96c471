// Words a YAML syntax error as go-yaml does, from where another parser found
// it. Not a parser of its own: errors that only go-yaml sees are not found.
// Source: go-yaml v2, whose scanner counts lines from one, whose parser counts
// from nought, and which leaves out the line of the first.

/** What was found, and where; positions count characters. */
export interface YamlProblem {
  readonly code: string;
  readonly message: string;
  readonly position: number;
}

/** The text go-yaml gives for a problem: `yaml: line 2: did not find expected key`. */
export function goYamlProblem(text: string, problem: YamlProblem): string {
  const { code, message, position } = problem;
  const scanner = (words: string, at: number): string => told(words, lineOf(text, at), 1);
  const parser = (words: string, at: number): string => told(words, lineOf(text, at), 0);
  switch (code) {
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return scanner(
        "mapping values are not allowed in this context",
        nextColon(text, position),
      );
    case "TAB_AS_INDENT":
      return scanner(
        /[^:\s-]\s*$/.test(text.slice(0, position))
          ? "found a tab character that violates indentation"
          : "found character that cannot start any token",
        position,
      );
    case "BAD_INDENT":
    case "MISSING_CHAR":
      if (/^Flow/.test(message)) {
        return text.slice(position).trim() === ""
          ? parser(openFlow(text, message), text.length)
          : parser(expectedInFlow(message), position);
      }
      if (/^Missing closing/.test(message)) {
        return scanner("found unexpected end of stream", text.length);
      }
      if (/directives-end/.test(message)) return scanner("found unknown directive name", 0);
      if (code === "BAD_INDENT") return parser("did not find expected key", position);
      // Noticed only when the scanner stands at what follows.
      return told("could not find expected ':'", lineAfter(text, position), 1);
    case "UNEXPECTED_TOKEN":
      return /^Block scalar header/.test(message)
        ? scanner("did not find expected comment or line break", position)
        : parser(afterBlock(text, position), position);
    case "BAD_SCALAR_START":
      return scanner("found character that cannot start any token", position);
    case "BAD_DQ_ESCAPE":
      return scanner("found unknown escape character", position);
    case "MULTIPLE_ANCHORS":
    case "MULTIPLE_TAGS":
      return parser("did not find expected key", position);
    case "BAD_ALIAS":
      return scanner(
        "did not find expected alphabetic or numeric character",
        position,
      );
    default:
      return scanner(message, position);
  }
}

function told(words: string, line: number, first: 0 | 1): string {
  return line === 0 ? `yaml: ${words}` : `yaml: line ${line + first}: ${words}`;
}

/** Lines before a position; the end of the text starts a line of its own. */
function lineOf(text: string, position: number): number {
  const lines = text.slice(0, position).split("\n").length - 1;
  const unfinished = position >= text.length && !text.endsWith("\n");
  return unfinished && !inQuotes(text) ? lines + 1 : lines;
}

/** Whether a quoted scalar runs to the end: then the scanner stops where it stands. */
function inQuotes(text: string): boolean {
  return (text.match(/'/g)?.length ?? 0) % 2 === 1 || (text.match(/"/g)?.length ?? 0) % 2 === 1;
}

function lineAfter(text: string, position: number): number {
  const next = /\n\s*(?=\S)/.exec(text.slice(position));
  return lineOf(text, next === null ? text.length : position + next.index + next[0].length);
}

function nextColon(text: string, position: number): number {
  const found = /:(?=\s|$)/.exec(text.slice(position));
  return found === null ? position : position + found.index;
}

function openFlow(text: string, message: string): string {
  return /[[{,:]$/.test(text.trimEnd())
    ? "did not find expected node content"
    : expectedInFlow(message);
}

function expectedInFlow(message: string): string {
  return `did not find expected ',' or '${/^Flow map/.test(message) ? "}" : "]"}'`;
}

function afterBlock(text: string, position: number): string {
  if (/[\]}]/.test(text.charAt(position))) return "did not find expected node content";
  const first = text.slice(0, position).split("\n").find((line) => line.trim() !== "") ?? "";
  return /^\s*-(\s|$)/.test(first)
    ? "did not find expected '-' indicator"
    : "did not find expected key";
}
