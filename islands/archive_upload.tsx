import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { bytes } from "../lib/words/numbers.ts";
import { sendArchive, type Sending } from "./send_archive.ts";

const PAGE = "/settings/backups/restore";

/**
 * The form that uploads an archive. Where a script runs, it goes in parts, with its progress, and goes on after a
 * broken connection; else the browser sends it in one piece.
 */
export function ArchiveUpload({ error }: { error: string | null }): VNode {
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
      await sendArchive(file, stopping.signal, setSending);
      location.replace(PAGE);
    } catch (thrown) {
      setSending(null);
      if (!stopping.signal.aborted) setProblem((thrown as Error).message);
    }
  }

  return (
    <>
      <form
        method="post"
        action={`${PAGE}/upload`}
        encType="multipart/form-data"
        hidden={sending !== null}
        onSubmit={submit}
      >
        {problem && <p class="error" role="alert">{problem}</p>}
        <div class="field">
          <label for="file">Archive</label>
          <input
            id="file"
            name="file"
            type="file"
            accept=".gz,.age,.tgz"
            required
            aria-describedby="file-help"
          />
          <p class="help" id="file-help">
            As Perch made it: its name ends in .tar.gz, or in .tar.gz.age when it is encrypted.
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
