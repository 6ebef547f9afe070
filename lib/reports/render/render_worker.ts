/** Writes one document as a file: layout and compression stay off the main loop. Started by `render.ts`. */
import { messageOf, PerchError } from "../../base/errors.ts";
import { lowerPriority } from "../../base/low_priority.ts";
import { pacedWriter } from "../../base/paced_file.ts";
import { isNoRoom } from "../../base/reserve_file.ts";
import { csvOf } from "./csv.ts";
import type { OnSection, RenderOrder } from "./formats.ts";
import type { FromRenderer, ToRenderer } from "./messages.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToRenderer>) => void;
  postMessage: (answer: FromRenderer) => void;
};
const OWNER_ONLY = 0o600;

// Readings come first.
lowerPriority(0);

async function write({ order, fonts }: ToRenderer): Promise<number> {
  const options = { write: true, create: true, truncate: true, mode: OWNER_ONLY };
  using file = await Deno.open(order.path, options);
  await writeTo(file, order, fonts);
  await file.sync();
  return (await file.stat()).size;
}

async function writeTo(file: Deno.FsFile, order: RenderOrder, fonts: string): Promise<void> {
  const { document, format, csv } = order;
  const onSection: OnSection = (done, title) => {
    const share = done / Math.max(1, document.sections.length);
    scope.postMessage({ kind: "progress", share, words: `Writing ${title}` });
  };
  const sink = pacedWriter(file);
  if (format === "csv") {
    for (const piece of csvOf(document, csv, onSection)) await sink(piece);
  } else if (format === "xlsx") {
    const { writeWorkbook } = await import("./xlsx/workbook.ts");
    await writeWorkbook(document, sink, onSection);
  } else {
    const { writePdf } = await import("./pdf/pdf.ts");
    await writePdf(document, fonts, sink, onSection);
  }
}

function failure(error: unknown): FromRenderer {
  if (error instanceof PerchError) {
    return { kind: "failed", code: error.code, message: error.message };
  }
  if (!isNoRoom(error)) return { kind: "failed", code: "internal", message: messageOf(error) };
  const message = `There is no room for the report (${messageOf(error)}). Make room, or order it ` +
    "over a shorter range.";
  return { kind: "failed", code: "storage_full", message };
}

scope.onmessage = async ({ data }) => {
  scope.postMessage(
    await write(data).then((bytes) => ({ kind: "done", bytes }) as FromRenderer, failure),
  );
};
