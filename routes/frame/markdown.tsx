/**
 * DESIGN. What people write, as a safe part of a page. `marked` cuts the text into tokens; only the kinds that
 * stand here become elements, built by Preact, which escapes all text. HTML in the text is a token like any
 * other and is shown as it was typed. Nothing is ever put into a page as HTML.
 *
 * Perch's own guides are drawn by the same code: they may have headings, tables and links to other pages too.
 */
import { type ComponentChildren, Fragment, type VNode } from "preact";
import { Marked, type Token, type Tokens } from "marked";
import { Table } from "./parts.tsx";

const marked = new Marked({ gfm: true, breaks: true });
/** In a file, a line's end is no more than that. */
const markedFile = new Marked({ gfm: true });
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

/** Who wrote the text: somebody, or we ourselves. */
type Author = "person" | "perch";
interface Place {
  depth: number;
  author: Author;
}

/** Text in a subset of Markdown: paragraphs, lists, quotes, code, emphasis and links. */
export function Markdown({ text }: { text: string }): VNode {
  const tokens = isCheap(text) ? marked.lexer(text) : null;
  return (
    <div class="markdown">
      {tokens === null
        ? <p class="typed">{text}</p>
        : blocks(tokens, { depth: 0, author: "person" })}
    </div>
  );
}

/** A file of `static/guides`: with headings below the page's own, tables, and links to pages and other guides. */
export function GuideText({ text }: { text: string }): VNode {
  return (
    <div class="markdown guide">
      {blocks(markedFile.lexer(text), { depth: 0, author: "perch" })}
    </div>
  );
}

function isCheap(text: string): boolean {
  const marks = text.match(/[*_~`[\]()<]/g)?.length ?? 0;
  return marks <= MARKS_MOST && !TOO_DEEP.test(text) && !BLANKS.test(text);
}

const within = ({ depth, author }: Place): Place => ({ depth: depth + 1, author });

function blocks(tokens: readonly Token[], place: Place): ComponentChildren {
  let heading = "";
  return tokens.map((token) => {
    if (token.type === "heading") heading = token.text;
    if (token.type === "table" && place.author === "perch") {
      return table(token as Tokens.Table, heading, place);
    }
    return block(token, place);
  });
}

function block(token: Token, place: Place): ComponentChildren {
  if (place.depth > DEEPEST) return <p>{token.raw}</p>;
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "paragraph":
      return <p>{inline(token.tokens ?? [], place)}</p>;
    case "heading":
      return heading(token as Tokens.Heading, place);
    case "blockquote":
      return <blockquote>{blocks(token.tokens ?? [], within(place))}</blockquote>;
    case "code":
      return (
        <pre tabIndex={0}>
          <code>{token.text}</code>
        </pre>
      );
    case "list":
      return list(token as Tokens.List, place);
    case "hr":
      return <hr />;
    case "text":
      return token.tokens ? inline(token.tokens, place) : token.text;
    default:
      return <p>{token.raw}</p>;
  }
}

function heading({ depth, text, tokens }: Tokens.Heading, place: Place): VNode {
  const content = inline(tokens, place);
  if (place.author === "perch" && depth === 2) return <h2 id={slug(text)}>{content}</h2>;
  if (place.author === "perch" && depth === 3) return <h3 id={slug(text)}>{content}</h3>;
  // The page has its own headings.
  return (
    <p>
      <strong>{content}</strong>
    </p>
  );
}

/** Name of a heading in an address. */
export function slug(text: string): string {
  return text.toLowerCase().replace(/[^\w]+/g, "-").replace(/^-|-$/g, "");
}

function list({ ordered, start, items }: Tokens.List, place: Place): VNode {
  const rows = items.map((item, i) => <li key={i}>{blocks(item.tokens, within(place))}</li>);
  return ordered ? <ol start={start === "" ? undefined : start}>{rows}</ol> : <ul>{rows}</ul>;
}

/** Wide ones scroll by themselves; what they are about is said by the heading above. */
function table({ header, rows }: Tokens.Table, heading: string, place: Place): VNode {
  return (
    <Table label={`Table: ${heading}`}>
      <thead>
        <tr>
          {header.map((cell, i) => (
            <th key={i} scope="col" class="text">{inline(cell.tokens, place)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, n) => (
          <tr key={n}>
            {row.map((cell, i) => <td key={i} class="text">{inline(cell.tokens, place)}</td>)}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function inline(tokens: readonly Token[], place: Place): ComponentChildren {
  return tokens.map((token): ComponentChildren => {
    if (place.depth > 2 * DEEPEST) return token.raw;
    const content = () => inline((token as Tokens.Generic).tokens ?? [], within(place));
    switch (token.type) {
      case "strong":
        return <strong>{content()}</strong>;
      case "em":
        return <em>{content()}</em>;
      case "del":
        return <del>{content()}</del>;
      case "codespan":
        return <code>{place.author === "perch" ? breakable(token.text) : token.text}</code>;
      case "br":
        return <br />;
      case "link":
        return place.author === "perch"
          ? ownLink(token as Tokens.Link, content())
          : link(token as Tokens.Link, content());
      case "text":
        return token.tokens ? content() : unescaped(token as Tokens.Text);
      case "escape":
        return token.text;
      default:
        // HTML, pictures (they would be fetched from elsewhere) and whatever else there is.
        return token.raw;
    }
  });
}

/** A path or a name that a narrow column may break between its words. */
function breakable(text: string): ComponentChildren {
  return text.split(/(?<=\w[/_]|[&?])(?=\w)/).map((piece, i) => (
    <Fragment key={i}>
      {i > 0 && <wbr />}
      {piece}
    </Fragment>
  ));
}

/** Text as it was typed; marked escapes some of it for HTML. */
function unescaped({ raw }: Tokens.Text): string {
  return raw;
}

function link({ href, raw }: Tokens.Link, content: ComponentChildren): ComponentChildren {
  if (!SCHEMES.test(href) || !URL.canParse(href)) return raw;
  return <a href={new URL(href).href} rel="noopener nofollow ugc">{content}</a>;
}

/** `proxy.md` is a file beside this one, and a page here: links in guides work in the repository too. */
function ownLink({ href }: Tokens.Link, content: ComponentChildren): VNode {
  return <a href={href.replace(/^([\w-]+)\.md(?=#|$)/, "/guides/$1")} rel="noopener">{content}</a>;
}
