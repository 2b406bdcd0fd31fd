import { continued } from './command-line.ts';
import { isCommand, lineProblems } from './commands.ts';
import type { Block } from './markdown.ts';
import { checkedBy } from './programs.ts';
import { promqlProblems } from './promql.ts';
import { yamlProblems } from './yaml.ts';

/**
 * What is wrong with a block of code, by what it is. A fence says that; of an indented block its words do: commands, each
 * paragraph of them with the output that follows it, or a drawing.
 */
export function blockProblems({ info, text }: Block): string[] {
  if (info === undefined) return indentedProblems(text);
  const check = FENCED[info];
  return check
    ? check(text)
    : [`a fence with \`${info}\` is of no known kind: one of ${Object.keys(FENCED).join(', ')}`];
}

const FENCED: Readonly<Record<string, (text: string) => string[]>> = {
  yaml: yamlProblems,
  json: jsonProblems,
  sh: shellProblems,
  frr: (text) => checkedBy('frr', text),
  bird: (text) => checkedBy('bird', text),
  promql: promqlProblems,
  // What a program prints, or a drawing: nothing that a reader types in.
  text: () => [],
};

function jsonProblems(text: string): string[] {
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    return [String(error)];
  }
}

function shellProblems(text: string): string[] {
  return [...checkedBy('sh', text), ...commandProblems(text)];
}

function indentedProblems(text: string): string[] {
  const paragraphs = text.split(/\n\n+/);
  const isCommands = paragraphs.map((paragraph) => isCommand(paragraph.split('\n')[0] ?? ''));
  return paragraphs.flatMap((paragraph, index) => {
    if (isCommands[index]) return commandProblems(paragraph);
    const isOutput = isCommands.slice(0, index).includes(true);
    return isOutput || isDrawing(paragraph) ? [] : ['neither commands nor a drawing: fence it with what it is'];
  });
}

/** `...` stands for what the reader does in between. */
const commandProblems = (text: string): string[] =>
  continued(text)
    .filter((line) => line !== '' && !/^(#|\.\.\.)/.test(line))
    .flatMap(lineProblems);

const isDrawing = (text: string): boolean => /[─│┌└┐┘├┤┬┴]/.test(text);
