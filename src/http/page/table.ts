import { type Content, type Html, html } from './html.ts';

/**
 * A table. On a narrow screen each row becomes a block in which each cell has its title beside it, so roles are named: with
 * another `display` browsers forget them.
 *
 * @param head a title for each column; the first names what a row is about
 */
export function table(label: string, head: readonly string[], rows: readonly (readonly Content[])[]): Html {
  return html`<table role="table" aria-label="${label}">
    <thead role="rowgroup">
      <tr role="row">
        ${head.map((title) => html`<th role="columnheader" scope="col">${title}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map((cells) => row(head, cells))}
    </tbody>
  </table>`;
}

const row = (head: readonly string[], cells: readonly Content[]): Html =>
  html`<tr role="row">
    ${cells.map((cell, column) =>
      column === 0
        ? html`<th role="rowheader" scope="row">${cell}</th>`
        : html`<td role="cell" data-title="${head[column]}"><div>${cell}</div></td>`,
    )}
  </tr>`;

/** The first so many, and how many there are beyond them. */
export function firstOf<T>(all: readonly T[], most: number): { readonly shown: readonly T[]; readonly more: number } {
  return { shown: all.slice(0, most), more: Math.max(0, all.length - most) };
}
