import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What a server in trouble, or something before it, makes of what an API server would do. Without any, it is well. */
export interface Tricks {
  /** Told of each connection as soon as it is open. */
  readonly connection?: (socket: Socket) => void;
  /** Takes a request over: true where the server is not to answer it any more. */
  readonly request?: (url: URL, response: ServerResponse) => boolean;
  /** More headers for every answer. */
  readonly headers?: OutgoingHttpHeaders;
  /** Another body for an answer that is no watch. */
  readonly answer?: (json: string, url: URL) => string | Buffer;
  /** Another text for a line of a watch: several ones, a part of one, or none at all. */
  readonly line?: (line: string, kind: string) => string;
  /** How bytes of a kind of answer go out. The server itself ends what is no watch. */
  readonly deliver?: (response: ServerResponse, bytes: Buffer, isWatch: boolean) => Promise<void>;
}
