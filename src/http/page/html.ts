/** Markup that may be sent as it stands. Only `html` makes it, so that no text gets in but through `escaped`. */
export class Html {
  readonly markup: string;

  private constructor(markup: string) {
    this.markup = markup;
  }

  static of(parts: TemplateStringsArray, values: readonly Content[]): Html {
    return new Html(String.raw({ raw: parts }, ...values.map(markupOf)));
  }

  /** For constants of this program, such as its style: nothing in them is escaped. */
  static constant(markup: string): Html {
    return new Html(markup);
  }
}

/** What may stand in a template: text and numbers are escaped, lists are joined, undefined is nothing. */
export type Content = Html | string | number | undefined | readonly Content[];

/** A template whose values are escaped, for text and for attributes, which have to be in double quotes. */
export const html = (parts: TemplateStringsArray, ...values: readonly Content[]): Html => Html.of(parts, values);

function markupOf(content: Content): string {
  if (content === undefined) return '';
  if (content instanceof Html) return content.markup;
  return typeof content === 'object' ? content.map(markupOf).join('') : escaped(String(content));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * What a browser shows as the text itself. Control characters are not shown at all, and those that turn the direction of
 * writing make a text look like another one (Unicode TR 36, section 2.2): they become U+FFFD.
 */
const escaped = (text: string): string =>
  text
    .replace(/[&<>"']/g, (found) => ENTITIES[found] ?? '')
    .replace(/(?![\t\n])[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu, '\ufffd');

/** A text of this program in which commands and names stand in backticks, as it is written for terminals. */
export const withCode = (text: string): Content =>
  text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
