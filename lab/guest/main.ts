/**
 * The one process of fairlead's inside a lab machine: reads requests from stdin, answers on stdout, and ends when
 * the host closes the channel. Plain Node without packages, since every page and every file costs time in there.
 */
import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { createInterface } from 'node:readline';
import { placeMounts, readText, writeTexts } from './files.ts';
import { acknowledge, sendText } from './output.ts';
import { exec, signal, spawnLogged, spawnStreaming, writeInput } from './processes.ts';
import { completeRoot } from './root.ts';
import type { Call, Message, Request } from './protocol.ts';

const send = (message: Message): void => {
  sendText(`${JSON.stringify(message)}\n`);
};

async function perform(id: number, request: Call): Promise<unknown> {
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
    case 'place':
      return placeMounts(request.folders, request.files);
  }
}

async function answer(line: string): Promise<void> {
  const { id, ...request } = JSON.parse(line) as Request & { id: number };
  if (request.op === 'received') return acknowledge(request.bytes);
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
  .on('line', (line) => void answer(line))
  .on('close', () => process.exit());
completeRoot();
send({ ready: { kernel: release(), ipvs: existsSync('/proc/net/ip_vs') } });
