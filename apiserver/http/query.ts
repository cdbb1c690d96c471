// Query strings as Go's net/url reads them: `+` is a space, pairs with a
// broken escape or a semicolon are dropped, the first value of a name wins.
// Source: net/url ParseQuery.

/** The values of each parameter, in order. */
export class Query {
  readonly #values = new Map<string, string[]>();

  /** Reads what stands after the `?`. */
  constructor(raw: string) {
    if (raw === "") return;
    for (const pair of raw.split("&")) {
      if (pair === "" || pair.includes(";")) continue;
      const equals = pair.indexOf("=");
      const name = unescape(equals < 0 ? pair : pair.slice(0, equals));
      const value = equals < 0 ? "" : unescape(pair.slice(equals + 1));
      if (name === undefined || value === undefined) continue;
      const values = this.#values.get(name);
      if (values === undefined) this.#values.set(name, [value]);
      else values.push(value);
    }
  }

  /** Whether the parameter is there at all. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The first value, or `""`. */
  get(name: string): string {
    return this.#values.get(name)?.[0] ?? "";
  }

  /** All values, in order. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }
}

/** The query of a request that has none. */
export const noQuery: Query = new Query("");

function unescape(text: string): string | undefined {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return undefined;
  }
}
