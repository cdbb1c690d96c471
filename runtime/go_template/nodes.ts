// The tree of a parsed template, and how faults write its nodes.
// Source: the documentation of text/template/parse.

import { goQuote } from "../go_text.ts";
import type { Value } from "./values.ts";

/** What stands for one value: alone, or as an argument. */
export type Operand =
  | { type: "dot" | "nil"; position: number }
  | { type: "bool"; position: number; value: boolean }
  | NumberNode
  | { type: "string"; position: number; value: string; literal: string }
  | { type: "identifier"; position: number; name: string }
  | FieldNode
  | VariableNode
  | ChainNode
  | Pipe;

/** A number; what it may be depends on what is wanted. */
export interface NumberNode {
  type: "number";
  position: number;
  literal: string;
  /** Its value where an integer is wanted, if it is one. */
  integer: bigint | undefined;
  /** Its value where a float is wanted. */
  float: number;
  /** Its value where its own form decides; undefined if it is larger than an int. */
  value: Value | undefined;
}

/** `.a.b`. */
export interface FieldNode {
  type: "field";
  position: number;
  names: string[];
}

/** `$x.a.b`, with the variable itself first. */
export interface VariableNode {
  type: "variable";
  position: number;
  names: string[];
}

/** `(…).a.b`. */
export interface ChainNode {
  type: "chain";
  position: number;
  operand: Operand;
  names: string[];
}

/** An operand with arguments. */
export interface Command {
  type: "command";
  position: number;
  operands: Operand[];
}

/** Commands, each of which gets the result of the one before. */
export interface Pipe {
  type: "pipe";
  position: number;
  /** Whether variables are set that there are already. */
  assigns: boolean;
  variables: VariableNode[];
  commands: Command[];
}

/** `if`, `range` and `with`. */
export interface Branch {
  type: "if" | "range" | "with";
  position: number;
  pipe: Pipe;
  body: Statement[];
  otherwise: Statement[] | undefined;
}

/** `template` and `block`. */
export interface Invocation {
  type: "template";
  position: number;
  name: string;
  pipe: Pipe | undefined;
}

/** What is done one after the other. */
export type Statement =
  | { type: "text"; position: number; text: string }
  | { type: "action"; position: number; pipe: Pipe }
  | { type: "break" | "continue"; position: number }
  | Branch
  | Invocation;

/** Any node that a fault can be at. */
export type Node = Operand | Command | Statement;

/** An operand or command as faults write it. */
export function write(node: Operand | Command): string {
  switch (node.type) {
    case "dot":
      return ".";
    case "nil":
      return "nil";
    case "bool":
      return String(node.value);
    case "number":
    case "string":
      return node.literal;
    case "identifier":
      return node.name;
    case "field":
      return node.names.map((name) => `.${name}`).join("");
    case "variable":
      return node.names.join(".");
    case "chain":
      return [writeArgument(node.operand), ...node.names].join(".");
    case "command":
      return node.operands.map(writeArgument).join(" ");
    case "pipe":
      return writePipe(node);
  }
}

function writeArgument(operand: Operand): string {
  return operand.type === "pipe" ? `(${writePipe(operand)})` : write(operand);
}

function writePipe({ variables, assigns, commands }: Pipe): string {
  const declared = variables.map(write).join(", ");
  const text = commands.map(write).join(" | ");
  return declared === "" ? text : `${declared} ${assigns ? "=" : ":="} ${text}`;
}

/** A node as a fault quotes it. */
export function writeNode(node: Node): string {
  switch (node.type) {
    case "text":
      return node.text;
    case "action":
      return `{{${writePipe(node.pipe)}}}`;
    case "break":
    case "continue":
      return `{{${node.type}}}`;
    case "template": {
      const pipe = node.pipe === undefined ? "" : ` ${writePipe(node.pipe)}`;
      return `{{template ${goQuote(node.name)}${pipe}}}`;
    }
    case "if":
    case "range":
    case "with":
      return `{{${node.type} ${writePipe(node.pipe)}}}`;
    default:
      return write(node);
  }
}
