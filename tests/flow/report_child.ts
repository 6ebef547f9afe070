/** As a process: writes the whole document in every format into a folder. */
import { REPORT_FORMATS } from "../../lib/reports/render/formats.ts";
import { renderReport } from "../../lib/reports/render/render.ts";
import { wholeDocument } from "../support/report_documents.ts";

const [folder] = Deno.args;
for (const format of REPORT_FORMATS) {
  const never = new AbortController().signal;
  await renderReport(wholeDocument(), format, `${folder}/report.${format}`, () => {}, never);
}
