/** A document as PDF: A4, tagged, one section after the other. */
import type { ReportDocument } from "../../document.ts";
import type { OnSection, Sink } from "../formats.ts";
import { openEngine } from "./engine.ts";
import { openPages, rangeText } from "./pages.ts";
import { drawSection, heading, paragraph } from "./section.ts";

const TITLE = { size: 20, face: "bold" } as const;
const SUBTITLE = { size: 10, tone: "muted" } as const;

/** `fonts`: the folder they lie in. Memory stays that of a page, and of the tree of tags. */
export async function writePdf(
  document: ReportDocument,
  fonts: string,
  sink: Sink,
  onSection: OnSection,
): Promise<void> {
  const engine = await openEngine(document, fonts);
  const root = engine.doc.struct("Document");
  engine.doc.addStructure(root);
  const pages = await openPages(document, engine, sink);
  const { title, subtitle, site, zone, sections } = document;
  heading(pages, root, "H1", title, TITLE);
  if (subtitle !== "") await paragraph(pages, root, "P", subtitle, SUBTITLE);
  const range = `${site} · ${rangeText(document)} (${zone}; the end is not included)`;
  await paragraph(pages, root, "P", range, SUBTITLE);
  pages.rule(pages.y + 4);
  pages.y += 16;
  for (const [i, section] of sections.entries()) {
    onSection(i, section.title);
    await drawSection(pages, section, document, root);
  }
  root.end();
  await pages.end();
}
