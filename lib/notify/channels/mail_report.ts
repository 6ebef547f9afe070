/** The sections of a report in a mail. Words that are not Perch's own stand as a quotation, never as a link. */
import { escapeHtml } from "../../base/html.ts";
import type { Report, ReportItem, ReportSection } from "../report.ts";
import { COLOURS, cut } from "./fields.ts";

const ITEM_CHARS_MOST = 2_000;

/** As lines of the text part. */
export function reportText({ sections }: Report): string[] {
  return sections.flatMap(({ heading, quoted, items }) => [
    "",
    heading.toUpperCase() + (quoted === null ? "" : ` (in the words of ${quoted})`),
    ...items.flatMap((item) => itemText(item).map((line) => quoted === null ? line : `> ${line}`)),
  ]);
}

function itemText({ mark, title, lines }: ReportItem): string[] {
  const head = [mark && `[${mark.text}]`, title].filter(Boolean).join(" ");
  const body = lines.map((line) => cut(line, ITEM_CHARS_MOST));
  return head === "" ? body.map((line) => `- ${line}`) : [
    `- ${head}`,
    ...body.map((line) => `  ${line}`),
  ];
}

/** As HTML for the card of the mail. */
export function reportHtml({ sections }: Report): string {
  return sections.map(sectionHtml).join("");
}

function sectionHtml({ heading, quoted, items }: ReportSection): string {
  const words = quoted === null
    ? ""
    : `<p class="soft" style="margin:0 0 8px;color:#59636e;font-size:13px">In the words of ${
      escapeHtml(quoted)
    }:</p>`;
  const list = items.map(itemHtml).join("");
  const quote = quoted === null
    ? list
    : `<blockquote class="quote" style="margin:0;padding:0 0 0 12px;border-left:3px solid #d8dee4">${list}</blockquote>`;
  return `<h2 class="ink" style="margin:20px 0 8px;color:#1f2328;font-size:16px;line-height:1.35">${
    escapeHtml(heading)
  }</h2>${words}${quote}`;
}

function itemHtml({ mark, title, lines }: ReportItem): string {
  const e = escapeHtml;
  const badge = mark === null
    ? ""
    : `<span style="display:inline-block;padding:1px 8px;border-radius:10px;background:${
      COLOURS[mark.look]
    };color:#ffffff;font-size:12px;font-weight:600">${e(mark.text)}</span> `;
  const head = mark === null && title === null
    ? ""
    : `<p class="ink" style="margin:0 0 4px;color:#1f2328;font-size:15px;line-height:1.4;overflow-wrap:anywhere">${badge}<strong>${
      e(title ?? "")
    }</strong></p>`;
  const body = lines.map((line) =>
    `<p class="ink" style="margin:0 0 4px;color:#1f2328;font-size:14px;line-height:1.5;overflow-wrap:anywhere">${
      e(cut(line, ITEM_CHARS_MOST))
    }</p>`
  ).join("");
  return `<div style="margin:0 0 12px">${head}${body}</div>`;
}
