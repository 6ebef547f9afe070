/**
 * DESIGN. What people write, as a safe part of a page. `marked` cuts the text into tokens; only the kinds that
 * stand here become elements, built by Preact, which escapes all text. HTML in the text is a token like any
 * other and is shown as it was typed. Nothing is ever put into a page as HTML.
 */
import type { ComponentChildren, VNode } from "preact";
import { Marked, type Token, type Tokens } from "marked";

const marked = new Marked({ gfm: true, breaks: true });
/** Quotes and lists in one another. */
const DEEPEST = 8;
/** All that a link may lead to. */
const SCHEMES = /^(https?:\/\/|mailto:)/i;

/**
 * What costs more than its worth to read as Markdown is shown as it was typed: quotes and lists nested without
 * end, and runs of marks or blanks, which take time by their square.
 */
const TOO_DEEP = /^[\s>*+\-\d.)]{24}/m;
const BLANKS = /[^\S\n]{200}/;
const MARKS_MOST = 400;

/** Text in a subset of Markdown: paragraphs, lists, quotes, code, emphasis and links. */
export function Markdown({ text }: { text: string }): VNode {
  const tokens = isCheap(text) ? marked.lexer(text) : null;
  return (
    <div class="markdown">
      {tokens === null ? <p class="typed">{text}</p> : blocks(tokens, 0)}
    </div>
  );
}

function isCheap(text: string): boolean {
  const marks = text.match(/[*_~`[\]()<]/g)?.length ?? 0;
  return marks <= MARKS_MOST && !TOO_DEEP.test(text) && !BLANKS.test(text);
}

function blocks(tokens: readonly Token[], depth: number): ComponentChildren {
  return tokens.map((token) => block(token, depth));
}

function block(token: Token, depth: number): ComponentChildren {
  if (depth > DEEPEST) return <p>{token.raw}</p>;
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "paragraph":
      return <p>{inline(token.tokens ?? [], depth)}</p>;
    case "heading":
      // The page has its own headings.
      return (
        <p>
          <strong>{inline(token.tokens ?? [], depth)}</strong>
        </p>
      );
    case "blockquote":
      return <blockquote>{blocks(token.tokens ?? [], depth + 1)}</blockquote>;
    case "code":
      return (
        <pre tabIndex={0}>
          <code>{token.text}</code>
        </pre>
      );
    case "list":
      return list(token as Tokens.List, depth);
    case "hr":
      return <hr />;
    case "text":
      return token.tokens ? inline(token.tokens, depth) : token.text;
    default:
      return <p>{token.raw}</p>;
  }
}

function list({ ordered, start, items }: Tokens.List, depth: number): VNode {
  const rows = items.map((item, i) => <li key={i}>{blocks(item.tokens, depth + 1)}</li>);
  return ordered ? <ol start={start === "" ? undefined : start}>{rows}</ol> : <ul>{rows}</ul>;
}

function inline(tokens: readonly Token[], depth: number): ComponentChildren {
  return tokens.map((token): ComponentChildren => {
    if (depth > 2 * DEEPEST) return token.raw;
    const within = () => inline((token as Tokens.Generic).tokens ?? [], depth + 1);
    switch (token.type) {
      case "strong":
        return <strong>{within()}</strong>;
      case "em":
        return <em>{within()}</em>;
      case "del":
        return <del>{within()}</del>;
      case "codespan":
        return <code>{token.text}</code>;
      case "br":
        return <br />;
      case "link":
        return link(token as Tokens.Link, within());
      case "text":
        return token.tokens ? within() : unescaped(token as Tokens.Text);
      case "escape":
        return token.text;
      default:
        // HTML, pictures (they would be fetched from elsewhere) and whatever else there is.
        return token.raw;
    }
  });
}

/** Text as it was typed; marked escapes some of it for HTML. */
function unescaped({ raw }: Tokens.Text): string {
  return raw;
}

function link({ href, raw }: Tokens.Link, content: ComponentChildren): ComponentChildren {
  if (!SCHEMES.test(href) || !URL.canParse(href)) return raw;
  return <a href={new URL(href).href} rel="noopener nofollow ugc">{content}</a>;
}
