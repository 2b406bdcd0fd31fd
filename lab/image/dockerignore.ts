import { LabError } from '../error.ts';

/**
 * Reads a .dockerignore that leaves everything out but what it names: `*` first, then lines of `!PATH`.
 * @param place what errors call the file
 * @returns whether docker is sent a path of the checkout, which is one of those named or lies below one
 * @throws {LabError} with the place and the line number of the first line that is anything else
 */
export function parseDockerignore(text: string, place: string): (path: string) => boolean {
  const lines = text.split('\n').map((line, index) => ({ number: index + 1, text: line.trim() }));
  const [first, ...others] = lines.filter((line) => line.text !== '' && !line.text.startsWith('#'));
  if (first?.text !== '*') {
    throw new LabError(`${place}:${first?.number ?? 1}: expected * first, found ${first?.text ?? 'nothing'}`);
  }
  const sent = others.map((line) => {
    const [, path] = /^!([\w./@-]+?)\/?$/.exec(line.text) ?? [];
    if (path === undefined) throw new LabError(`${place}:${line.number}: expected !PATH, found ${line.text}`);
    return path;
  });
  return (path) => sent.some((one) => path === one || path.startsWith(`${one}/`));
}
