/**
 * Builds the image of deploy/Dockerfile without docker, into .cache/image: `npm run image`. What has not changed is not
 * made again. Exit codes: 0 done, 1 the image cannot be built, 3 this machine has no way to build any.
 */
import { buildImage } from './image.ts';

const outcome = await buildImage((text) => process.stderr.write(text));
if ('obstacle' in outcome) {
  process.stderr.write(`image: NOT BUILT: ${outcome.obstacle}\n`);
  process.exitCode = 3;
} else if ('failure' in outcome) process.exitCode = 1;
else console.log(outcome.root);
