import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CACHE } from './place.mjs';

const STAMP = join(CACHE, 'stamp.json');
const LOCK = join(CACHE, 'setup.lock');

/** @returns {Promise<Record<string, string>>} the inputs each step was last done for, by the name of the step */
export async function readStamp() {
  try {
    return JSON.parse(await readFile(STAMP, 'utf8'));
  } catch {
    return {};
  }
}

/** Notes that a step is done for these inputs. */
export async function writeStamp(step, inputs) {
  await writeFile(STAMP, JSON.stringify({ ...(await readStamp()), [step]: inputs }, undefined, 2));
}

/** A short hash of texts. */
export const digest = (...texts) => createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 16);

/** A hash of the names, sizes and times of the files below some folders or files: cheap, and changes when they do. */
export async function digestFiles(...places) {
  const lines = await Promise.all(places.map(describe));
  return digest(...lines.flat().toSorted((a, b) => (a < b ? -1 : 1)));
}

async function describe(place) {
  const found = await stat(place).catch(() => undefined);
  if (!found?.isDirectory()) return [`${place} ${found?.size} ${found?.mtimeMs}`];
  const names = await readdir(place);
  return (await Promise.all(names.map((name) => describe(join(place, name))))).flat();
}

/** Runs `work` while no other set-up runs in this checkout; waits for one that does. */
export async function alone(work) {
  await mkdir(CACHE, { recursive: true });
  while (!(await takeLock())) await sleep(200);
  try {
    return await work();
  } finally {
    await rm(LOCK, { force: true });
  }
}

async function takeLock() {
  try {
    await writeFile(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const owner = Number(await readFile(LOCK, 'utf8').catch(() => ''));
    // An empty file is a lock being taken at this moment.
    if (owner > 0 && !alive(owner)) await rm(LOCK, { force: true });
    return false;
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
