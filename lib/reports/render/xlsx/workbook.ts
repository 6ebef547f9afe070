/** A document as XLSX. */
import { PerchError } from "../../../base/errors.ts";
import type { ReportDocument } from "../../document.ts";
import type { OnSection, Sink } from "../formats.ts";

/** Sheet after sheet. */
export function writeWorkbook(_: ReportDocument, _to: Sink, _on: OnSection): Promise<void> {
  return Promise.reject(new PerchError("unavailable", "Workbooks are not written yet."));
}
