// What clients say of a response that is an error and explains nothing.
// Source: k8s.io/apimachinery api/errors (NewGenericServerResponse).

import { goQuote } from "../../runtime/go_text.ts";

const MESSAGES: Readonly<Record<number, string>> = {
  400: "the server rejected our request for an unknown reason",
  401: "the server has asked for the client to provide credentials",
  404: "the server could not find the requested resource",
  405: "the server does not allow this method on the requested resource",
  409: "the server reported a conflict",
  422: "the server rejected our request due to an error in our request",
  429: "the server has received too many requests and has asked us to try again later",
  503: "the server is currently unable to handle the request",
  504:
    "the server was unable to return a response in the time allotted, but may still be processing the request",
};

/** The message for a status code and the text that came with it. */
export function responseProblem(status: number, text: string): string {
  switch (status) {
    case 403:
    case 415:
      return text;
    case 406:
      return text === "" || text === "unknown"
        ? "the server was unable to respond with a content type that the client supports"
        : text;
  }
  const known = MESSAGES[status];
  if (known !== undefined) return known;
  return status >= 500
    ? `an error on the server (${goQuote(text)}) has prevented the request from succeeding`
    : `the server responded with the status code ${status} but did not return more information`;
}
