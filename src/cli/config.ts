import { loadConfig } from '../config/load.ts';
import type { ExitCode } from './main.ts';

/** `fairlead config check FILE`: says that the file is good. Throws `config-invalid` with every problem in it. */
export async function checkConfig(file: string): Promise<ExitCode> {
  const { bgp, ranges } = await loadConfig(file);
  process.stdout.write(
    `${file}: good. ${ranges.join(', ')} to ${bgp.peers.map(({ address }) => address).join(', ')}\n`,
  );
  return 0;
}
