import type { Command } from "./command.ts";
export const up: Command = {
  name: "up",
  synopsis: "",
  summary: "",
  description: "",
  flags: [],
  positionals: { min: 0, max: 0 },
  run: () => Promise.resolve(2),
};
