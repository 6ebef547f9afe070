import type { Busboy } from "@fastify/busboy";
import { messageOf, PerchError } from "../../lib/base/errors.ts";
import { steadily } from "./body.ts";

/** A page's form that carries a file. */
export interface MultipartForm {
  /** Text fields; one that is given twice counts once. */
  fields: Record<string, string>;
  /** The file with the name that its sender gives it, or null when none was chosen. */
  file: { name: string; bytes: Uint8Array<ArrayBuffer> } | null;
}

/** What was read of a form, also of one that is refused: what was typed is shown again. */
export interface MultipartSeen {
  fields: Record<string, string>;
  /** Of the file that must be chosen again, as no page can choose it. */
  fileName: string | null;
}

/** Takes a file that is too large for the memory, piece by piece as it comes. */
export interface FileSink {
  begin(name: string, field: string): Promise<void>;
  write(chunk: Uint8Array): Promise<void>;
}

/** A form that carries a file, without the file. */
export interface MultipartTexts {
  fields: Record<string, string>;
  /** Name of the field in which a file was chosen; null: none was. */
  fileField: string | null;
}

/** A sender from which nothing comes for so long is given up. */
const STALL_MS = 30_000;
/** The loop gets its turn after so many bytes. */
const TURN_BYTES = 256 * 1024;
const FIELDS_MOST = 20;
/** A page may offer a camera and a folder: of several inputs all but one are left empty. */
const INPUTS_MOST = 4;
const FIELD_BYTES = 64 * 1024;
const PARTS_MOST = FIELDS_MOST + INPUTS_MOST;

/**
 * Reads a form with one file (`multipart/form-data`), part by part as it arrives, so that a large file does not
 * hold up the event loop. What the sender says of its type is left out: `FileStore` looks at its content.
 * @param fileField name of the file's field
 * @param seen is filled while it is read
 * @throws PerchError `unsupported_media_type`, `payload_too_large`, `bad_request`, `validation`, `too_slow`
 */
export async function readMultipart(
  request: Request,
  fileField: string,
  mostBytes: number,
  seen: MultipartSeen = { fields: {}, fileName: null },
): Promise<MultipartForm> {
  let name: string | null = null;
  const chunks: Uint8Array[] = [];
  const fields = await readMultipartTo(request, fileField, mostBytes, {
    begin: (given) => {
      name = given;
      seen.fileName = given;
      return Promise.resolve();
    },
    write: (chunk) => {
      chunks.push(chunk);
      return Promise.resolve();
    },
  }, seen.fields);
  if (name === null) return { fields, file: null };
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { fields, file: { name, bytes } };
}

/** Reads what was typed beside a file, which is let go as it comes. @throws PerchError as `readMultipart` */
export async function readMultipartTexts(
  request: Request,
  mostBytes: number,
): Promise<MultipartTexts> {
  let fileField: string | null = null;
  const fields = await readMultipartTo(request, null, mostBytes, {
    begin(_name, field) {
      fileField = field;
      return Promise.resolve();
    },
    write: () => Promise.resolve(),
  });
  return { fields, fileField };
}

/**
 * The same, with the file going to `sink` while it comes; gives the text fields. What the sink was given is to be
 * thrown away when this throws. @throws PerchError as `readMultipart`; what `sink` throws
 */
export async function readMultipartTo(
  request: Request,
  fileField: string | null,
  mostBytes: number,
  sink: FileSink,
  fields: MultipartForm["fields"] = {},
): Promise<MultipartForm["fields"]> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^multipart\/form-data;/i.test(type) || request.body === null) {
    throw new PerchError("unsupported_media_type", "send the form as multipart/form-data");
  }
  /** What came of the file and is not handed on yet: its name, its bytes. */
  const queue: ({ name: string; field: string } | Uint8Array)[] = [];
  let began = false;
  let problem: PerchError | null = null;
  const refuse = (error: PerchError) => void (problem ??= error);
  const { Busboy: Parser } = await import("@fastify/busboy");
  let parser: InstanceType<typeof Busboy>;
  try {
    parser = new Parser({
      headers: { "content-type": type },
      preservePath: true,
      limits: {
        fields: FIELDS_MOST,
        fieldSize: FIELD_BYTES,
        files: INPUTS_MOST,
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
  const take = (name: string, field: string) => {
    if (began) refuse(invalid(field, "one file at a time"));
    else queue.push({ name, field });
    began = true;
  };
  parser.on("file", (field, stream, given) => {
    let name: string | null = given ?? "";
    if (name.includes("\0")) refuse(broken("the file's name has a NUL character"));
    if (fileField !== null && field !== fileField) {
      refuse(invalid(field.slice(0, 80), "unknown field"));
    }
    const begin = () => {
      if (name !== null) take(name, field);
      name = null;
    };
    // Neither a name nor a byte: nothing was chosen here.
    if (name !== "") begin();
    stream.on("data", (chunk: Uint8Array) => {
      begin();
      if (problem === null) queue.push(chunk);
    });
    stream.on("limit", () => {
      const most = (mostBytes / 1e6).toFixed(1);
      const message = `the file is too large; ${most} MB are allowed`;
      refuse(new PerchError("payload_too_large", message));
    });
  });
  parser.on("filesLimit", () => refuse(invalid(fileField ?? "form", "one file at a time")));
  for (const event of ["partsLimit", "fieldsLimit"] as const) {
    parser.on(event, () => refuse(new PerchError("bad_request", "the form has too many parts")));
  }
  const finished = new Promise<void>((resolve, reject) => {
    parser.on("finish", () => resolve());
    parser.on("error", (error) => reject(broken(error)));
  });
  // Told below; without a listener of its own a failure in between would end the process.
  finished.catch(() => {});
  const handOn = async () => {
    if (problem !== null) throw problem;
    for (const one of queue.splice(0)) {
      await (one instanceof Uint8Array ? sink.write(one) : sink.begin(one.name, one.field));
    }
  };
  for await (const chunk of steadily(request.body, STALL_MS)) {
    for (let at = 0; at < chunk.length; at += TURN_BYTES) {
      parser.write(chunk.subarray(at, at + TURN_BYTES));
      // Other work goes in between.
      await new Promise((resolve) => setTimeout(resolve, 0));
      await handOn();
    }
  }
  parser.end();
  await finished;
  await handOn();
  return fields;
}

function broken(error: unknown): PerchError {
  return new PerchError("bad_request", `the body is not a valid form: ${messageOf(error)}`);
}

function invalid(path: string, message: string): PerchError {
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}
