import { join } from 'node:path';
import { CHECKOUT } from './machine/place.ts';

interface Image {
  readonly image: RegExp;
  /** What runs where there are no containers, given the node's own `cmd`; empty for an image that just stays there. */
  command(words: readonly string[]): readonly string[];
}

/** Every image the lab has a stand-in for. The programs themselves are in the machine's root: see lab/setup/packages.mjs. */
const IMAGES: readonly Image[] = [
  { image: /^frrouting\/frr(:|$)/, command: () => ['sh', join(CHECKOUT, 'lab/guest/frr.sh')] },
  { image: /^pierky\/bird(:|$)/, command: () => ['bird', '-f', '-c', '/etc/bird/bird.conf', '-s', '/run/bird.ctl'] },
  { image: /^fairlead(:|$)/, command: (words) => words },
  { image: /^node(:|$)/, command: (words) => words },
  { image: /^debian(:|$)/, command: (words) => words },
];

/** What to run for a node of this image, or undefined for an image that the lab has no stand-in for. */
export const imageCommand = (image: string, words: readonly string[]): readonly string[] | undefined =>
  IMAGES.find((one) => one.image.test(image))?.command(words);
