import { expect, test } from 'vitest';
import { describeProto, MODULES } from '../../proto/generate.ts';
import { API_FILES, carriedDescriptors, itemsOf } from './descriptors.ts';
import { gobgpds } from './gobgpd-binary.ts';

/** What stands in for messages of Google's. */
const OURS = ['.apipb.Any', '.apipb.Empty'];

test.each(gobgpds())('all of proto/gobgp-$api.proto is what gobgpd $version carries', async ({ api, file }) => {
  const { proto } = MODULES.find((one) => one.proto.includes(api)) ?? MODULES[0];
  const carried = itemsOf(await carriedDescriptors(file, API_FILES[api]));
  const used = [...itemsOf([await describeProto(proto)])].filter((item) => !OURS.some((name) => item.startsWith(name)));
  expect(used.length).toBeGreaterThan(200);
  expect(used.filter((item) => !carried.has(item))).toEqual([]);
});
