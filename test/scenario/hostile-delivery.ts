import type { ServerResponse } from 'node:http';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Tricks } from './api-tricks.ts';

type Deliver = NonNullable<Tricks['deliver']>;

/** In pieces of so many bytes, each of them in a turn of its own. */
export const inPieces =
  (size: number): Deliver =>
  async (response, bytes) => {
    for (let start = 0; start < bytes.length; start += size) {
      if (response.writableEnded) return;
      response.write(bytes.subarray(start, start + size));
      await setImmediate();
    }
  };

const ENDS = 3;

/** Byte by byte where it begins and where it ends, which is where lines do, and in odd pieces in between. */
export const ragged: Deliver = async (response, bytes, isWatch) => {
  const middle = Math.max(0, bytes.length - ENDS);
  await inPieces(1)(response, bytes.subarray(0, ENDS), isWatch);
  await inPieces(307)(response, bytes.subarray(ENDS, middle), isWatch);
  await inPieces(1)(response, bytes.subarray(Math.max(ENDS, middle)), isWatch);
};

/** A byte now and then, so that there is never a long silence, and never an end either. */
export const dripping: Deliver = async (response, bytes) => {
  for (const byte of bytes) {
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
    await setTimeout(200);
  }
};

const HALF = 0.5;

/** Half of it, and then what is done to the response. What is left never comes. */
const halfThen =
  (act: (response: ServerResponse) => void): Deliver =>
  async (response, bytes) => {
    response.write(bytes.subarray(0, bytes.length * HALF));
    await setTimeout(5);
    act(response);
    await new Promise(() => {});
  };

export const stalling: Deliver = halfThen(() => {});
export const resetting: Deliver = halfThen(({ socket }) => socket?.resetAndDestroy());
/** Closes the connection in good order, which is none in the middle of a chunked answer. */
export const closing: Deliver = halfThen(({ socket }) => socket?.end());
/** Ends the answer as if that were all of it. */
export const ending: Deliver = halfThen((response) => response.end());
