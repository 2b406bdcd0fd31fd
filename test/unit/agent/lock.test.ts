import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { lockNode } from '../../../src/agent/lock.ts';

const name = (of: string): string => `\0fairlead-${of}-${process.pid}`;
const LOCK = new URL('../../../src/agent/lock.ts', import.meta.url).href;

test('a second one is refused until the first lets go', async () => {
  const release = await lockNode(name('second'));
  await expect(lockNode(name('second'))).rejects.toMatchObject({
    code: 'already-running',
    message: 'another fairlead runs on this node',
  });
  release();
  (await lockNode(name('second')))();
});

test('the lock ends with the process that holds it, however that ends', async () => {
  const script = `const { lockNode } = await import(process.argv[1]); await lockNode(${JSON.stringify(name('killed'))});
    console.log('locked'); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script, LOCK], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  await expect(lockNode(name('killed'))).rejects.toMatchObject({ code: 'already-running' });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  (await lockNode(name('killed')))();
});
