import { Busboy } from "@fastify/busboy";
import { messageOf, PerchError } from "../../lib/base/errors.ts";

/** A page's form that carries a file. */
export interface MultipartForm {
  /** Text fields; one that is given twice counts once. */
  fields: Record<string, string>;
  /** The file, or null when none was chosen. */
  file: Uint8Array<ArrayBuffer> | null;
}

/** The loop gets its turn after so many bytes. */
const TURN_BYTES = 256 * 1024;
const FIELDS_MOST = 20;
const FIELD_BYTES = 8 * 1024;
const PARTS_MOST = FIELDS_MOST + 1;

/**
 * Reads a form with one file (`multipart/form-data`), part by part as it arrives, so that a large file does not
 * hold up the event loop. What the sender says of its name and type is left out: `FileStore` looks at its content.
 * @param fileField name of the file's field
 * @throws PerchError `unsupported_media_type`, `payload_too_large`, `bad_request`
 */
export async function readMultipart(
  request: Request,
  fileField: string,
  mostBytes: number,
): Promise<MultipartForm> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^multipart\/form-data;/i.test(type) || request.body === null) {
    throw new PerchError("unsupported_media_type", "send the form as multipart/form-data");
  }
  const fields: Record<string, string> = {};
  const chunks: Uint8Array[] = [];
  let problem: PerchError | null = null;
  const refuse = (error: PerchError) => void (problem ??= error);
  let parser: InstanceType<typeof Busboy>;
  try {
    parser = new Busboy({
      headers: { "content-type": type },
      limits: {
        fields: FIELDS_MOST,
        fieldSize: FIELD_BYTES,
        files: 1,
        fileSize: mostBytes,
        parts: PARTS_MOST,
      },
    });
  } catch (error) {
    throw broken(error);
  }
  parser.on("field", (name, value, nameCut, valueCut) => {
    if (nameCut || valueCut) {
      refuse(new PerchError("bad_request", "a field of the form is too long"));
    }
    fields[name] = value;
  });
  parser.on("file", (name, stream) => {
    if (name !== fileField) refuse(new PerchError("bad_request", "the form has a file too many"));
    stream.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    stream.on("limit", () => {
      const most = (mostBytes / 1e6).toFixed(1);
      refuse(new PerchError("payload_too_large", `the file is larger than ${most} MB`));
    });
  });
  for (const event of ["partsLimit", "filesLimit", "fieldsLimit"] as const) {
    parser.on(event, () => refuse(new PerchError("bad_request", "the form has too many parts")));
  }
  const finished = new Promise<void>((resolve, reject) => {
    parser.on("finish", () => resolve());
    parser.on("error", (error) => reject(broken(error)));
  });
  // Told below; without a listener of its own a failure in between would end the process.
  finished.catch(() => {});
  for await (const chunk of request.body) {
    for (let at = 0; at < chunk.length; at += TURN_BYTES) {
      if (problem !== null) throw problem;
      parser.write(chunk.subarray(at, at + TURN_BYTES));
      // Other work goes in between.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
  parser.end();
  await finished;
  if (problem !== null) throw problem;
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (length === 0) return { fields, file: null };
  const file = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    file.set(chunk, at);
    at += chunk.length;
  }
  return { fields, file };
}

function broken(error: unknown): PerchError {
  return new PerchError("bad_request", `the form is broken: ${messageOf(error)}`);
}
