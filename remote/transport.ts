// How requests reach a cluster: one function from request to response.
// `https_transport.ts` opens sockets; tests answer from memory.

/** A request to the cluster. */
export interface RemoteRequest {
  /** `GET`, `POST`… */
  readonly method: string;
  /** Path and query, such as `/api/v1/pods?limit=500`. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text; absent: none. */
  readonly body?: string;
  /** Ends the request, whatever of the response has arrived. */
  readonly signal?: AbortSignal;
  /** The answer is a stream without an end in sight. */
  readonly stream?: boolean;
}

/** The answer. The body has to be read or cancelled. */
export interface RemoteResponse {
  /** The HTTP status code. */
  readonly status: number;
  /** A header's value; the name in lower case. */
  header(name: string): string | undefined;
  /** The body's bytes as they arrive. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the response; a no-op when the body has been read. */
  cancel(): void;
}

/** Sends requests. Rejects when there was no response: refused, cut, timed out. */
export interface Transport {
  /** Sends one request; resolves with the head of its response. */
  send(request: RemoteRequest): Promise<RemoteResponse>;
  /** Closes what is idle. */
  close(): void;
}
