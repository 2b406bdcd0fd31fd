/**
 * Asks once for a long answer and prints its lines as they come; then `whole`, or how the connection broke.
 * Usage: downloader.mjs ADDRESS PATH
 */
import { get } from 'node:http';
import { createInterface } from 'node:readline';

const [host, path] = process.argv.slice(2);
const end = (word) => {
  console.log(word);
  process.exit(word === 'whole' ? 0 : 1);
};
get({ host, path }, (response) => {
  createInterface({ input: response }).on('line', (line) => console.log(line));
  response.on('end', () => end('whole')).on('error', (error) => end(error.code));
}).on('error', (error) => end(error.code));
