import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { bytes } from "../lib/words/numbers.ts";
import { sendFile, type Sending } from "./send_file.ts";
import { at } from "./own.ts";
import { sentence } from "../lib/words/sentence.ts";

export interface FileUploadProps {
  /** What the form posts to, where no script runs. */
  action: string;
  /** Where the parts go: `/api/…/uploads`. */
  uploads: string;
  /** The page that is shown when all of it is there; behind a `=` the id of the upload is put. */
  then: string;
  label: string;
  help: string;
  /** Of file names: `.gz,.csv`. */
  accept?: string;
  error: string | null;
}

/**
 * The form that uploads a file. Where a script runs, it goes in parts, with its progress, and goes on after a
 * broken connection; else the browser sends it in one piece.
 */
export function FileUpload(
  { action, uploads, then, label, help, accept, error }: FileUploadProps,
): VNode {
  const [total, setTotal] = useState(0);
  const [sending, setSending] = useState<Sending | null>(null);
  const [abort, setAbort] = useState<AbortController | null>(null);
  const [problem, setProblem] = useState(error);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const input = (event.currentTarget as HTMLFormElement).elements.namedItem("file");
    const file = (input as HTMLInputElement).files?.[0];
    if (file === undefined) return;
    const stopping = new AbortController();
    setProblem(null);
    setTotal(file.size);
    setSending({ sent: 0, waiting: false });
    setAbort(stopping);
    try {
      const id = await sendFile(file, uploads, stopping.signal, setSending);
      location.replace(at(then.endsWith("=") ? then + encodeURIComponent(id) : then));
    } catch (thrown) {
      setSending(null);
      if (!stopping.signal.aborted) setProblem((thrown as Error).message);
    }
  }

  return (
    <>
      <form
        method="post"
        action={action}
        encType="multipart/form-data"
        hidden={sending !== null}
        onSubmit={submit}
      >
        {problem && <p class="error" role="alert">{sentence(problem)}</p>}
        <div class="field">
          <label for="file">{label}</label>
          <input
            id="file"
            name="file"
            type="file"
            accept={accept}
            required
            aria-describedby="file-help"
          />
          <p class="help" id="file-help">
            {error !== null && "Choose the file again: a browser does not keep it. "}
            {help}
          </p>
        </div>
        <button type="submit">Upload it</button>
      </form>
      {sending && <Progress sending={sending} total={total} onStop={() => abort?.abort()} />}
    </>
  );
}

function Progress(
  { sending: { sent, waiting }, total, onStop }: {
    sending: Sending;
    total: number;
    onStop: () => void;
  },
): VNode {
  return (
    <>
      <p class="progress">
        <progress max={total} value={sent} aria-label="Progress of the upload" />
        <span>{`${bytes(sent)} of ${bytes(total)}`}</span>
      </p>
      <p class="muted" role="status">
        {waiting
          ? "The connection is broken. It goes on by itself as soon as Perch answers again."
          : "Stay on this page until all of it is there. After a stop, choose the same file to go on."}
      </p>
      <button type="button" onClick={onStop}>Stop</button>
    </>
  );
}
