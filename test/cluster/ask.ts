import { explain } from '../../src/model/error.ts';
import { accessBy } from '../../src/source/api-access.ts';
import { ApiClient, timeoutsFor } from '../../src/source/api-client.ts';

type Method = 'POST' | 'PATCH' | 'DELETE';

/**
 * What the API server says to a change by whom a kubeconfig names, written as an agent writes it: `done`, or why not.
 * kubectl would read the object first, which an agent may not.
 */
export async function ask(kubeconfig: string, method: Method, path: string, body: object): Promise<string> {
  const client = new ApiClient(accessBy(kubeconfig), timeoutsFor(10_000));
  try {
    await client.write({ method, path, body }, new AbortController().signal);
    return 'done';
  } catch (error) {
    return explain(error);
  } finally {
    client.close();
  }
}
