// Naming templates of generated objects: text with `{{ .variable }}` in it.
// Not a template language: references to known variables are all there is,
// and a random part is required. Source: Cluster API's naming strategies.

const RANDOM = /\{\{-?\s*\.random\s*-?\}\}/;

/** Whether a naming template has the random part that keeps names apart. */
export function hasRandomPart(template: string): boolean {
  return RANDOM.test(template);
}

/** Fills in a naming template. `variables` are keyed by their path, such as `.cluster.name`. Throws what is wrong with the template. */
export function renderName(
  template: string,
  variables: Readonly<Record<string, string>>,
): string {
  const rendered = template.replace(
    /\{\{-?\s*([^}]*?)\s*-?\}\}/g,
    (_, expression: string) => {
      const value = Object.hasOwn(variables, expression) ? variables[expression] : undefined;
      if (value === undefined) throw new Error(`"${expression}" is not a known variable`);
      return value;
    },
  );
  if (rendered.includes("{{") || rendered.includes("}}")) throw new Error("unclosed action");
  return rendered;
}
