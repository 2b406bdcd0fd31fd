import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { FairleadError } from '../model/error.ts';

/**
 * Makes a path free for a unix socket to be bound there: what a killed process left behind is deleted, and the folder made
 * where it is missing. Rejects with `already-running` where somebody listens.
 */
export async function clearStaleSocket(path: string): Promise<void> {
  if (await isTaken(path)) {
    throw new FairleadError('already-running', `expected nobody to listen on ${path}, found somebody who does`, {
      hint: 'is there another gobgpd, or another `fairlead sidecar`? `ss -xlp` names its process',
    });
  }
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
}

async function isTaken(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
