// Accept headers: clauses with parameters, in the order a server should try
// them. Source: RFC 9110 section 12.5.1, as github.com/munnerz/goautoneg
// reads it.

/** One clause of an Accept header. */
export interface AcceptClause {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
  /** Without `q`. */
  readonly parameters: Readonly<Record<string, string>>;
}

// Clients send a handful of different headers again and again.
const CACHE_MAX = 64;
const cache = new Map<string, readonly AcceptClause[]>();

/** The clauses, best first. */
export function parseAccept(header: string): readonly AcceptClause[] {
  const known = cache.get(header);
  if (known !== undefined) return known;
  const clauses = header.split(",").map(clause).filter((found) => found !== undefined);
  clauses.sort((a, b) => b.quality - a.quality || wildness(a) - wildness(b));
  if (cache.size >= CACHE_MAX) cache.clear();
  if (header.length <= 1024) cache.set(header, clauses);
  return clauses;
}

function wildness(clause: AcceptClause): number {
  return clause.type === "*" ? 2 : clause.subtype === "*" ? 1 : 0;
}

function clause(text: string): AcceptClause | undefined {
  const [range, ...rest] = text.trim().split(";");
  const media = (range ?? "").trim();
  if (media === "") return undefined;
  const slash = media.indexOf("/");
  let type = slash < 0 ? media : media.slice(0, slash).trim();
  let subtype = slash < 0 ? "" : media.slice(slash + 1).trim();
  if (slash < 0) {
    // A bare `*` stands for any type.
    if (media !== "*") return undefined;
    type = subtype = "*";
  }
  let quality = 1;
  const parameters: Record<string, string> = {};
  for (const parameter of rest) {
    const equals = parameter.indexOf("=");
    if (equals < 0) continue;
    const name = parameter.slice(0, equals).trim();
    const value = parameter.slice(equals + 1).trim();
    if (name === "q") {
      const number = Number(value);
      quality = Number.isFinite(number) ? number : 1;
    } else parameters[name] = value;
  }
  return { type, subtype, quality, parameters };
}
