/**
 * pdfkit and its fonts. It writes the file and its tree of tags; text is placed here, because pdfkit would keep each word
 * that it ever measured.
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { ReportDocument } from "../../document.ts";
import { at, type Tone } from "../chart/canvas.ts";
import { PRINT } from "../chart/colours.ts";

/** Below are control characters. */
const FIRST_SEEN = 0x20;

export type Face = "regular" | "bold";

/** An element of the tree of tags: what a screen reader reads. */
export interface Tag {
  add(child: Tag | (() => void)): Tag;
  end(): void;
}

interface KitReference {
  end(data?: unknown): void;
  write(chunk: string): void;
}
interface KitFont {
  id: string;
  font: {
    unitsPerEm: number;
    glyphForCodePoint(code: number): { id: number; advanceWidth: number };
  };
  subset: { includeGlyph(id: number): number };
  widths: number[];
  unicode: number[][];
  ref(): KitReference;
}
interface KitDocument {
  page: { fonts: Record<string, KitReference>; xobjects: Record<string, KitReference> };
  outline: { addItem(title: string): void };
  _font: KitFont;
  registerFont(name: string, font: Uint8Array): void;
  font(name: string): void;
  ref(data: unknown): KitReference;
  struct(type: string, options?: { alt?: string; scope?: string; placement?: string }): Tag;
  addStructure(tag: Tag): void;
  markContent(tag: string, options: { type: string }): void;
  endMarkedContent(): void;
  addContent(content: string): void;
  addPage(): void;
  save(): KitDocument;
  restore(): KitDocument;
  translate(x: number, y: number): KitDocument;
  path(d: string): KitDocument;
  fillOpacity(share: number): KitDocument;
  fill(colour: string): void;
  lineWidth(width: number): KitDocument;
  dash(length: number, options: { space: number }): KitDocument;
  lineJoin(join: string): KitDocument;
  stroke(colour: string): void;
  read(): Buffer | null;
  end(): void;
}
interface KitOptions {
  size: string;
  margin: number;
  autoFirstPage: boolean;
  font: Uint8Array;
  fontLayoutCache: boolean;
  pdfVersion: string;
  tagged: boolean;
  lang: string;
  displayTitle: boolean;
  info: Record<string, unknown>;
}
type Kit = new (options: KitOptions) => KitDocument;

export interface TextStyle {
  face?: Face;
  size: number;
  tone?: Tone;
}

export interface Engine {
  doc: KitDocument;
  width(text: string, style: TextStyle): number;
  /** On the base line `y`. */
  text(text: string, x: number, y: number, style: TextStyle): void;
  /** An element of the tree of tags below `parent`. */
  tag(parent: Tag, type: string, options?: { alt?: string; scope?: string }): Tag;
  /** What is no content: lines, page numbers. */
  artifact(draw: () => void, type?: "Layout" | "Pagination"): void;
  /** Something drawn later, as often as its place is drawn until then. */
  later(
    name: string,
  ): { place(x: number, y: number): void; draw(text: string, size: number): void };
  /** What was written since it was asked last. */
  take(): Uint8Array | null;
}

/** Opens a document of A4 pages without any page yet. `fonts`: the folder they lie in. */
export async function openEngine(document: ReportDocument, fonts: string): Promise<Engine> {
  const { default: Document } = await import("pdfkit") as unknown as { default: Kit };
  const faces: Readonly<Record<Face, Uint8Array>> = {
    regular: await unpacked(join(fonts, "DejaVuSans.ttf.gz")),
    bold: await unpacked(join(fonts, "DejaVuSans-Bold.ttf.gz")),
  };
  const doc = new Document({
    ...{ size: "A4", margin: 0, autoFirstPage: false, font: faces.regular },
    ...{ fontLayoutCache: false, pdfVersion: "1.7", tagged: true, lang: "en", displayTitle: true },
    info: {
      Title: document.title,
      Subject: document.subtitle,
      Author: document.site,
      Creator: "Perch",
      Producer: "Perch",
      // The same report has the same bytes, whenever it is written.
      CreationDate: new Date(document.toMs),
    },
  });
  const found = new Map<Face, KitFont>();
  for (const face of ["regular", "bold"] as const) {
    doc.registerFont(face, faces[face]);
    doc.font(face);
    found.set(face, doc._font);
  }
  return engineOf(doc, (face) => found.get(face)!);
}

async function unpacked(path: string): Promise<Uint8Array> {
  return new Uint8Array(gunzipSync(await Deno.readFile(path)));
}

interface Glyph {
  id: number;
  /** Of a text of size 1. */
  width: number;
  advance: number;
}

function engineOf(doc: KitDocument, fontOf: (face: Face) => KitFont): Engine {
  const glyphs = { regular: new Map<number, Glyph>(), bold: new Map<number, Glyph>() };
  const glyphOf = (face: Face, code: number): Glyph => {
    const known = glyphs[face].get(code);
    if (known !== undefined) return known;
    const { font } = fontOf(face);
    const { id, advanceWidth } = font.glyphForCodePoint(code);
    const width = advanceWidth / font.unitsPerEm;
    const glyph = { id, width, advance: 1000 * width };
    glyphs[face].set(code, glyph);
    return glyph;
  };
  /** The text in the numbers of its font's subset. */
  const encoded = (text: string, face: Face) => {
    const font = fontOf(face);
    doc.page.fonts[font.id] ??= font.ref();
    let hex = "";
    for (const letter of text.toWellFormed()) {
      const code = letter.codePointAt(0)!;
      if (code < FIRST_SEEN) continue;
      const { id, advance } = glyphOf(face, code);
      const number = font.subset.includeGlyph(id);
      // pdfkit knows a wrong width of the box that stands for letters which the font has not.
      if (number === 0) font.widths[0] = advance;
      font.widths[number] ??= advance;
      font.unicode[number] ??= [code];
      hex += number.toString(16).padStart(4, "0");
    }
    return { id: font.id, hex };
  };
  const engine: Engine = {
    doc,
    width(text, { face = "regular", size }) {
      let width = 0;
      for (const letter of text) width += glyphOf(face, letter.codePointAt(0)!).width;
      return width * size;
    },
    text(text, x, y, { face = "regular", size, tone = "text" }) {
      if (text === "") return;
      const { id, hex } = encoded(text, face);
      doc.addContent(
        `BT /${id} ${at(size)} Tf ${colour(tone)} rg 1 0 0 -1 ${at(x)} ${at(y)} Tm <${hex}> Tj ET`,
      );
    },
    tag(parent, type, options) {
      const tag = doc.struct(type, options);
      parent.add(tag);
      return tag;
    },
    artifact(draw, type = "Layout") {
      doc.markContent("Artifact", { type });
      draw();
      doc.endMarkedContent();
    },
    later(name) {
      const font = fontOf("regular");
      const resources = { Font: { [font.id]: font.ref() } };
      const form = doc.ref({
        ...{ Type: "XObject", Subtype: "Form", BBox: [0, -4, 80, 12], Resources: resources },
      });
      return {
        place(x, y) {
          doc.page.xobjects[name] = form;
          doc.addContent(`q 1 0 0 -1 ${at(x)} ${at(y)} cm /${name} Do Q`);
        },
        draw(text, size) {
          const { hex } = encoded(text, "regular");
          form.end(`BT /${font.id} ${size} Tf ${colour("muted")} rg <${hex}> Tj ET`);
        },
      };
    },
    take: () => doc.read(),
  };
  return engine;
}

function colour(tone: Tone): string {
  return [1, 3, 5].map((from) => at(parseInt(PRINT[tone].slice(from, from + 2), 16) / 255))
    .join(" ");
}
