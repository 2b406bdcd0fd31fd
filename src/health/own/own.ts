import type { CheckTarget, OwnCheck } from '../../model/own-check.ts';
import type { Finding } from '../check.ts';
import { runExec } from './exec.ts';
import { runHttp } from './http.ts';
import { runTcp } from './tcp.ts';

/**
 * Runs a check of the operator's once. Never rejects, and takes no longer than its timeout.
 *
 * @param signal breaks it off; what it finds then is of no use
 */
export async function runOwnCheck({ target, timeoutMs }: OwnCheck, signal: AbortSignal): Promise<Finding> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), timeoutMs);
  signal.addEventListener('abort', () => end.abort());
  try {
    return await run(target, end.signal, timeoutMs);
  } finally {
    clearTimeout(timer);
  }
}

function run(target: CheckTarget, end: AbortSignal, timeoutMs: number): Promise<Finding> {
  switch (target.kind) {
    case 'tcp':
      return runTcp(target, end, timeoutMs);
    case 'http':
      return runHttp(target, end, timeoutMs);
    case 'exec':
      return runExec(target, end, timeoutMs);
  }
}
