import { Beat } from '../../src/agent/beat.ts';

/**
 * An agent that does nothing but beat, on the socket named by its first argument. On SIGTERM it takes its leave, as one
 * does that has withdrawn.
 */
const beat = new Beat(process.argv[2] ?? '', () => true);
process.once('SIGTERM', () => void beat.goodbye().then(() => process.exit()));
