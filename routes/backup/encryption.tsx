import type { VNode } from "preact";
import { Field } from "../frame/form.tsx";
import { Post } from "../frame/parts.tsx";

/** Whether backups are encrypted, and the way to change that. */
export function EncryptionCard(
  { recipient, error, fresh }: {
    recipient: string | null;
    error?: string;
    /** The key was just shown, with the form that confirms it. */
    fresh: boolean;
  },
): VNode {
  return (
    <section class="card" aria-labelledby="encryption">
      <h2 id="encryption">Encryption</h2>
      {recipient === null ? <Off error={error} fresh={fresh} /> : <On recipient={recipient} />}
    </section>
  );
}

function Off({ error, fresh }: { error?: string; fresh: boolean }): VNode {
  return (
    <>
      <p>
        Backups are not encrypted: whoever has one can read all that is in it. With a key of your
        own nobody else can, not even who takes this host away. Perch keeps only the half that
        encrypts.
      </p>
      {!fresh && <Post action="/settings/backups/new-key">Make a key and its recovery sheet</Post>}
      {!fresh && (
        <details open={error !== undefined}>
          <summary>I have a key already</summary>
          <ConfirmForm id="own-identity" error={error} />
        </details>
      )}
    </>
  );
}

function On({ recipient }: { recipient: string }): VNode {
  return (
    <>
      <p>Backups are encrypted for this public key:</p>
      <pre tabIndex={0}><code>{recipient}</code></pre>
      <Post
        action="/settings/backups/off"
        about={
          <p class="muted">
            To change the key, switch encryption off and on again. What is encrypted stays so, and
            needs the key that it was made with.
          </p>
        }
      >
        Switch encryption off
      </Post>
    </>
  );
}

function ConfirmForm({ id, error }: { id: string; error?: string }): VNode {
  return (
    <form method="post" action="/settings/backups/confirm">
      <Field
        name="identity"
        id={id}
        type="password"
        label="Private key"
        help="Type or paste it from the recovery sheet. Perch opens a test message with it and keeps only its public half."
        error={error}
        autocomplete="off"
      />
      <button type="submit" class="primary">Encrypt backups from now on</button>
    </form>
  );
}

/** Shown once: the key with its recovery sheet, and the form that proves that it was kept. */
export function KeyNotice({ sheet }: { sheet: string }): VNode {
  const file = `data:text/plain;charset=utf-8,${encodeURIComponent(sheet)}`;
  return (
    <section class="card attention" aria-labelledby="sheet-title">
      <h2 id="sheet-title">The recovery sheet</h2>
      <p>
        Print this page, or save the sheet where this host is not. It is not shown again, and
        without the key no encrypted backup can be read.
      </p>
      <pre tabIndex={0}><code>{sheet}</code></pre>
      <p>
        <a href={file} download="perch-recovery-sheet.txt">Save the recovery sheet</a>
      </p>
      <ConfirmForm id="new-identity" />
    </section>
  );
}
