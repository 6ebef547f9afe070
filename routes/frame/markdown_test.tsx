import assert from "node:assert/strict";
import { render } from "preact-render-to-string";
import fc from "fast-check";
import { HOSTILE_TEXTS } from "../../tests/support/hostile_text.ts";
import { Markdown } from "./markdown.tsx";

const html = (text: string) =>
  render(<Markdown text={text} />).replace(/^<div class="markdown">|<\/div>$/g, "");

Deno.test("Markdown: the subset becomes elements", () => {
  const table: [string, string][] = [
    [
      "a **b** _c_ ~~d~~ `e<f`",
      "<p>a <strong>b</strong> <em>c</em> <del>d</del> <code>e&lt;f</code></p>",
    ],
    ["one\ntwo\n\nthree", "<p>one<br/>two</p><p>three</p>"],
    ["- a\n- b", "<ul><li>a</li><li>b</li></ul>"],
    ["3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'],
    ["> said", "<blockquote><p>said</p></blockquote>"],
    ["```\n<x>\n```", '<pre tabindex="0"><code>&lt;x></code></pre>'],
    ["# big", "<p><strong>big</strong></p>"],
    ["a & b &lt; c \\*", "<p>a &amp; b &amp;lt; c *</p>"],
  ];
  for (const [text, expected] of table) assert.equal(html(text), expected, text);
});

Deno.test("Markdown: links lead to http, https and mail only", () => {
  const href = (text: string) => /href="([^"]*)"/.exec(html(text))?.[1] ?? null;
  assert.equal(href("[x](https://example.com/a?b=1)"), "https://example.com/a?b=1");
  assert.equal(href("https://example.com"), "https://example.com/");
  assert.equal(href("[x](mailto:ada@example.com)"), "mailto:ada@example.com");
  assert.match(html("[x](http://example.com)"), /rel="noopener nofollow ugc"/);
  const schemes = [
    "javascript:alert(1)",
    " javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "&#106;avascript:alert(1)",
    "java\\nscript:alert(1)",
    "\u0001javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://example.com/x",
    "//example.com",
    "/sign-out",
    "#x",
    "http:",
    "https://",
  ];
  for (const scheme of schemes) {
    for (
      const text of [
        `[x](${scheme})`,
        `[x](<${scheme}>)`,
        `<${scheme}>`,
        `[x][1]\n\n[1]: ${scheme}`,
      ]
    ) {
      assert.equal(href(text), null, text);
    }
  }
});

Deno.test("Markdown: HTML stays text, whatever stands around it", () => {
  const allowed = /^(p|br|hr|strong|em|del|code|pre|ul|ol|li|blockquote|a)$/;
  const check = (text: string) => {
    for (const [, name, attributes] of html(text).matchAll(/<\/?([^\s/>]*)([^>]*)>/g)) {
      assert.match(name, allowed, text);
      assert.match(
        attributes,
        /^( (href="(https?:\/\/|mailto:)[^"]*"|rel="[^"]*"|start="\d+"|tabindex="0"|class="typed"))*\/?$/,
        text,
      );
    }
  };
  for (const text of HOSTILE_TEXTS) {
    const wrapped = [
      text,
      `**${text}**`,
      `[${text}](${text})`,
      `> ${text}`,
      `- ${text}`,
      `# ${text}`,
    ];
    for (const one of [...wrapped, `![${text}](${text})`, `\`${text}\``, `|a|\n|-|\n|${text}|`]) {
      check(one);
    }
  }
  const parts = fc.constantFrom(
    "<",
    ">",
    "[",
    "](",
    ")",
    "`",
    "*",
    "_",
    "\n",
    " ",
    '"',
    "a",
    "&",
    "!",
    "-",
    ":",
    "javascript:",
    "https://x.y",
    "<img src=x onerror=alert(1)>",
    "```",
    "\\",
    "|",
    "#",
    "1.",
    "~~",
  );
  fc.assert(fc.property(fc.array(parts, { maxLength: 40 }), (all) => check(all.join(""))), {
    numRuns: 3000,
  });
});

Deno.test("Markdown: what is made to be slow or deep is shown as it was typed", () => {
  const texts = [">".repeat(4000), "> ".repeat(2000), "_a".repeat(2000), "[".repeat(4000)];
  for (const text of [...texts, "- ".repeat(2000), "a" + " ".repeat(3000) + "b"]) {
    assert.match(html(text), /^<p class="typed">/);
  }
});
