// Where in a template a fault is, as Go writes it.

import { goQuote } from "../go_text.ts";
import { type Node, writeNode } from "./nodes.ts";

/** `tpl:1:3: executing "tpl" at <.foo>`: lines count from 1, bytes of the line from 0. */
export function locate(name: string, text: string, template: string, node: Node): string {
  const before = text.slice(0, node.position);
  const start = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  const byte = new TextEncoder().encode(before.slice(start)).length;
  return `${name}:${line}:${byte}: executing ${goQuote(template)} at <${writeNode(node)}>`;
}
