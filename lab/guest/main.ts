/**
 * The one process of fairlead's inside a lab machine: reads requests from stdin, answers on stdout, and ends when
 * the host closes the channel. Plain Node without packages, since every page and every file costs time in there.
 */
import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { createInterface } from 'node:readline';
import { placeMounts, readText, writeTexts } from './files.ts';
import { Framing, TO_GUEST, TO_HOST } from './framing.ts';
import { exec, signal, spawnLogged, spawnStreaming, writeInput } from './processes.ts';
import { completeRoot } from './root.ts';
import type { Message, Request } from './protocol.ts';

type Numbered = Request & { readonly id: number };

const line = new Framing<Numbered, Message>(
  TO_HOST,
  TO_GUEST,
  (text) => process.stdout.write(text),
  (request) => void answer(request),
);
const send = (message: Message): void => line.send(message);

async function perform(id: number, request: Request): Promise<unknown> {
  switch (request.op) {
    case 'exec':
      return exec(request);
    case 'spawn':
      return request.log === undefined
        ? spawnStreaming(id, request, send)
        : spawnLogged(id, { ...request, log: request.log }, send);
    case 'input':
      return writeInput(request.process, request.text);
    case 'signal':
      return signal(request.process, request.signal);
    case 'read':
      return readText(request.path);
    case 'write':
      return writeTexts(request.files);
    case 'clock':
      return Date.now();
    case 'place':
      return placeMounts(request.folders, request.files);
  }
}

async function answer({ id, ...request }: Numbered): Promise<void> {
  try {
    send({ id, result: (await perform(id, request)) ?? null });
  } catch (error) {
    send({ id, error: error instanceof Error ? error.message : String(error) });
  }
}

if (process.stdin.isTTY) process.stdin.setRawMode(true);
// A channel that breaks is the host gone: there is nobody left to work for, and this process' end ends the machine.
for (const stream of [process.stdin, process.stdout]) stream.on('error', () => process.exit());
createInterface({ input: process.stdin, terminal: false })
  .on('line', (text) => line.receive(text))
  .on('close', () => process.exit());
completeRoot();
send({ ready: { kernel: release(), ipvs: existsSync('/proc/net/ip_vs') } });
