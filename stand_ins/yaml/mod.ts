// A local stand-in for jsr:@std/yaml, used where the JSR registry is out of
// reach: the signatures and behaviour of std's for what capim uses, over
// npm:yaml. It is never published; users of the package get the real one.

import { parseAllDocuments, parseDocument, stringify as write } from "yaml";

/** Options for {@linkcode parse} and {@linkcode parseAll}. */
export interface ParseOptions {
  /** Lets the last of several equal keys win instead of being an error. */
  allowDuplicateKeys?: boolean;
}

/** Options for {@linkcode stringify}. */
export interface StringifyOptions {
  /** Leaves out members whose value has no YAML form. */
  skipInvalid?: boolean;
  /** Where a line is folded; -1 never folds. Default 80. */
  lineWidth?: number;
}

interface Parsed {
  errors: readonly Error[];
  toJS(options: { maxAliasCount: number }): unknown;
}

function valueOf(document: Parsed): unknown {
  const [error] = document.errors;
  if (error !== undefined) throw new SyntaxError(error.message);
  return document.toJS({ maxAliasCount: 100 }) ?? null;
}

function settings(options: ParseOptions) {
  return {
    uniqueKeys: options.allowDuplicateKeys !== true,
    prettyErrors: true,
  } as const;
}

/** Reads one YAML document. Throws `SyntaxError` when the text is not YAML. */
export function parse(content: string, options: ParseOptions = {}): unknown {
  return valueOf(parseDocument(content, settings(options)));
}

/** Reads a stream of YAML documents. Throws `SyntaxError` when the text is not YAML. */
export function parseAll(content: string, options: ParseOptions = {}): unknown {
  const documents = parseAllDocuments(content, settings(options));
  return Array.isArray(documents) ? documents.map((document) => valueOf(document)) : [];
}

/** Writes a value as one YAML document. */
export function stringify(
  data: unknown,
  options: StringifyOptions = {},
): string {
  return write(data, {
    lineWidth: options.lineWidth === -1 ? 0 : options.lineWidth ?? 80,
    keepUndefined: false,
    aliasDuplicateObjects: false,
  });
}
