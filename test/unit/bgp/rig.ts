import { onTestFinished } from 'vitest';
import { connectGobgp } from '../../../src/bgp/connect.ts';
import type { GobgpApi } from '../../../src/bgp/gobgp.ts';
import { createSpeaker } from '../../../src/bgp/gobgp-speaker.ts';
import type { BgpState, WantedBgp } from '../../../src/bgp/speaker.ts';
import type { Path } from '../../../src/model/path.ts';
import { FakeGobgpd } from './fake-gobgpd.ts';
import { RANGE, WANTED } from './sample.ts';

export const PATH: Path = { prefix: RANGE, communities: [], med: undefined };
const wanted: WantedBgp = { ...WANTED, listenAddresses: [], listenPort: -1, paths: [PATH] };

/**
 * A fake gobgpd with a speaker, both gone after the test.
 * @param spoil what becomes of the API before the speaker gets it
 */
export async function open(serves: 'v3' | 'nothing' = 'v3', spoil: (api: GobgpApi) => void = () => undefined) {
  const gobgpd = await FakeGobgpd.start(serves);
  const states: BgpState[] = [];
  const events: string[] = [];
  const line = (fields: object) => void events.push((fields as { event: string }).event);
  const log = { debug: () => undefined, info: line, warn: line };
  const { target } = gobgpd;
  const api = connectGobgp({ target });
  spoil(api);
  const speaker = createSpeaker({ target, log, onChange: (state) => states.push(state) }, api);
  onTestFinished(async () => {
    await speaker.close();
    await gobgpd[Symbol.asyncDispose]();
  });
  const set = (part: Partial<WantedBgp>): void => speaker.set({ ...wanted, ...part });
  const want = (part: Partial<WantedBgp> = {}): Promise<BgpState> => {
    set(part);
    return speaker.reconcile();
  };
  return { gobgpd, speaker, states, events, set, want };
}
