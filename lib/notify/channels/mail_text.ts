/** A message as a mail: subject, plain text and HTML that mail programs show alike, on phones and in the dark. */
import { escapeHtml } from "../../base/html.ts";
import type { Message } from "../message.ts";
import type { Look } from "../report.ts";
import { COLOURS, cut, LABELS, lookOf } from "./fields.ts";
import { reportHtml, reportText } from "./mail_report.ts";

export interface MailText {
  subject: string;
  text: string;
  html: string;
}

const SUBJECT_CHARS_MOST = 200;
const TEXT_CHARS_MOST = 20_000;
const RULE = "-".repeat(40);

export function mailText(message: Message, site: string): MailText {
  const look = lookOf(message);
  const label = labelOf(message, look);
  const cutMessage = {
    ...message,
    title: cut(message.title, 1000),
    lines: cutLines(message.lines),
    facts: message.facts.map(({ label, value }) => ({ label, value: cut(value, 2000) })),
  };
  return {
    subject: cut(`[${label}] ${message.title}`.replaceAll(/\s+/g, " "), SUBJECT_CHARS_MOST),
    text: plainText(cutMessage, label, site),
    html: html(cutMessage, look, label, site),
  };
}

/** How the text of a mail names its n-th picture. */
export const pictureId = ({ uid }: Pick<Message, "uid">, n: number) => `${uid}.${n}@pictures.perch`;

function labelOf({ kind, report }: Message, look: Look): string {
  switch (kind) {
    case "report":
      return report!.badge.toUpperCase();
    case "firing":
      return LABELS[look];
    case "resolved":
      return "RESOLVED";
    case "digest":
      return "DIGEST";
    case "test":
      return "TEST";
    default:
      return look === "info" ? "Perch" : LABELS[look];
  }
}

function cutLines(lines: readonly string[]): string[] {
  let left = TEXT_CHARS_MOST;
  const out: string[] = [];
  for (const line of lines) {
    if (left <= 0) return [...out, "…"];
    out.push(cut(line, left));
    left -= line.length;
  }
  return out;
}

function plainText(message: Message, label: string, site: string): string {
  const { title, lines, facts, link, report, pictures = [] } = message;
  const widest = Math.max(0, ...facts.map((fact) => fact.label.length));
  return [
    `${label}: ${title}`,
    ...(lines.length > 0 ? ["", ...lines] : []),
    ...(facts.length > 0 ? [""] : []),
    ...facts.map(({ label, value }) => `${(label + ":").padEnd(widest + 2)}${value}`),
    ...(report === undefined ? [] : reportText(report)),
    ...(pictures.length > 0 ? [""] : []),
    ...pictures.map(({ text, file }) => `Picture: ${text} (attached: ${file})`),
    ...(link === null ? [] : ["", `${linkTitle(message)}: ${link}`]),
    "",
    RULE,
    footer(site),
    "",
  ].join("\n");
}

function linkTitle({ kind }: Message): string {
  return kind === "invitation" ? "Continue" : "Open in Perch";
}

function footer(site: string): string {
  return `Sent by Perch at ${site}. Who is told of what is set in Perch under Settings.`;
}

/** Mail programs that know no style sheet read the attributes; the others go dark with the host. */
const STYLE = `
:root{color-scheme:light dark;supported-color-schemes:light dark}
body{margin:0;padding:0;background:#f3f4f6}
a{color:#0b62c4}
@media (max-width:480px){.pad{padding:16px!important}.k{width:92px!important}.h{font-size:18px!important}}
@media (prefers-color-scheme:dark){
body,.page{background:#0f1419!important}
.card{background:#1b222b!important;border-color:#313b47!important}
.ink{color:#e6edf3!important}.soft{color:#9aa7b4!important}
.row td{border-color:#313b47!important}
.quote{border-color:#4a5663!important}
a.link{color:#6cb6ff!important}
}`.replaceAll("\n", "");

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

function html(message: Message, look: Look, label: string, site: string): string {
  const { title, lines, facts, link, report, pictures = [] } = message;
  const e = escapeHtml;
  const colour = COLOURS[look];
  const paragraphs = lines.map((line) =>
    `<p class="ink" style="margin:0 0 12px;color:#1f2328;font-size:15px;line-height:1.5;white-space:pre-line;overflow-wrap:anywhere">${
      e(line)
    }</p>`
  ).join("");
  const rows = facts.map(({ label, value }) =>
    `<tr class="row"><td class="k soft" style="width:130px;padding:8px 12px 8px 0;border-top:1px solid #d8dee4;` +
    `color:#59636e;font-size:14px;vertical-align:top;overflow-wrap:anywhere">${e(label)}</td>` +
    `<td class="ink" style="padding:8px 0;border-top:1px solid #d8dee4;color:#1f2328;font-size:14px;` +
    `word-break:break-word;overflow-wrap:anywhere">${e(value)}</td></tr>`
  ).join("");
  const table = facts.length === 0
    ? ""
    : `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse;` +
      `margin:4px 0 20px">${rows}</table>`;
  const images = pictures.map(({ text }, i) =>
    `<div style="margin:0 0 20px"><img src="cid:${e(pictureId(message, i))}" alt="${e(text)}" ` +
    `width="552" style="display:block;width:100%;max-width:552px;height:auto;border-radius:6px">` +
    `<p class="soft" style="margin:6px 0 0;color:#59636e;font-size:13px;overflow-wrap:anywhere">${
      e(text)
    }</p></div>`
  ).join("");
  const button = link === null ? "" : `<a href="${e(link)}" style="display:inline-block;` +
    `padding:12px 20px;border-radius:6px;background:${colour};color:#ffffff;font-size:15px;font-weight:600;` +
    `text-decoration:none">${e(linkTitle(message))}</a>`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">` +
    `<meta name="viewport" content="width=device-width,initial-scale=1">` +
    `<meta name="color-scheme" content="light dark"><title>${
      e(title)
    }</title><style>${STYLE}</style></head>` +
    `<body style="margin:0;padding:0;background:#f3f4f6;${FONT}">` +
    `<div role="main"><table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" ` +
    `style="background:#f3f4f6"><tr><td align="center" style="padding:16px 8px">` +
    `<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" ` +
    `style="max-width:600px;background:#ffffff;border:1px solid #d8dee4;border-collapse:separate;` +
    `border-radius:8px;overflow:hidden;text-align:left">` +
    `<tr><td class="pad" bgcolor="${colour}" style="padding:18px 24px;background:${colour};color:#ffffff">` +
    `<div style="font-size:13px;font-weight:700;letter-spacing:.06em">${e(label)}</div>` +
    `<h1 class="h" style="margin:4px 0 0;font-size:20px;line-height:1.35;font-weight:600;color:#ffffff;` +
    `overflow-wrap:anywhere">${e(title)}</h1></td></tr>` +
    `<tr><td class="pad" style="padding:24px">${paragraphs}${table}${
      report === undefined ? "" : reportHtml(report)
    }${images}${button}</td></tr></table>` +
    `<p class="soft" style="max-width:600px;margin:12px 8px;color:#59636e;font-size:12px;line-height:1.5;overflow-wrap:anywhere">${
      e(footer(site))
    }</p></td></tr></table></div></body></html>`;
}
