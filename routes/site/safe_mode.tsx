import type { VNode } from "preact";
import { z } from "zod";
import { bytes } from "../../lib/words/numbers.ts";
import { Field, FormError } from "../frame/form.tsx";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import type { Shell } from "../frame/shell.tsx";
import { type Route, route } from "../http/route.ts";

/** A backup that can be put in the database's place. */
export interface SafeBackup {
  file: string;
  /** `made 3 h ago`. */
  age: string;
  bytes: number;
  /** Only the command restores it: it asks for the key. */
  encrypted: boolean;
  /** As typed into a shell. */
  command: string;
}

export interface SafeModeState {
  /** What is wrong. */
  what: string;
  /** The same with what to do about it. */
  sentence: string;
  /** Path of the database. */
  database: string;
  /** Newest first; at least one. */
  backups: readonly SafeBackup[];
  /** A restore that is under way, or done; null: none. */
  restoring: { file: string; stage: string; share: number } | "done" | null;
  /** Why the restore before failed. */
  failure: string | null;
}

/** A Perch whose database is damaged or missing, as far as its page needs it. */
export interface SafeMode {
  state(): SafeModeState;
  /**
   * Begins to restore one of the backups. @throws PerchError `unauthenticated` (the token), `not_found`, `conflict`
   * (one is under way)
   */
  restore(file: string, token: string): Promise<void>;
}

const schema = z.strictObject({ token: z.string().max(200), file: z.string().max(300) });
const RETRY_AFTER_S = 60;
const RELOAD_S = 2;
/** The start after a restore takes a moment, in which nothing answers. */
const RELOAD_DONE_S = 8;

/** All that answers in safe mode, beside files of `static/`: a page with a form, and health. */
export function safeModeRoutes(safe: SafeMode, shell: Shell): Route[] {
  const page = (sent: SentForm) => {
    const state = safe.state();
    const response = shell(
      "Safe mode",
      <Page state={state} sent={sent} />,
      sent === NOTHING_SENT ? 503 : sent.status,
    );
    response.headers.set("retry-after", String(RETRY_AFTER_S));
    if (state.restoring !== null) {
      const seconds = state.restoring === "done" ? RELOAD_DONE_S : RELOAD_S;
      response.headers.set("refresh", `${seconds}; url=/`);
    }
    return response;
  };
  const health = () =>
    Response.json({
      status: "unavailable",
      overall: "safe mode",
      reason: `Safe mode: ${safe.state().sentence}`,
    }, { status: 503, headers: { "retry-after": String(RETRY_AFTER_S) } });
  const get = (path: string, answer: () => Response) =>
    route({ method: "get", path, policy: "public", summary: null, handler: () => answer() });
  return [
    get("/", () => page(NOTHING_SENT)),
    get("/health", health),
    get("/health/ready", health),
    // The process is well: killing it would only take the page away.
    get("/health/live", () => Response.json({ status: "ok", overall: "safe mode" })),
    formAction(
      "/restore",
      schema,
      async ({ file, token }) => {
        await safe.restore(file, token);
        return "/";
      },
      (_, sent) => page(sent),
      "public",
    ),
  ];
}

function Page({ state, sent }: { state: SafeModeState; sent: SentForm }): VNode {
  const { restoring } = state;
  if (restoring === "done") {
    return (
      <p class="safe" role="status">
        The backup is restored. Perch starts; this page goes on by itself.
      </p>
    );
  }
  if (restoring !== null) {
    return (
      <div class="safe" role="status">
        <p>
          Restoring <code>{restoring.file}</code>: {restoring.stage}.
        </p>
        <progress max={1} value={restoring.share} aria-label="Restored" />
      </div>
    );
  }
  return (
    <div class="safe">
      <p role="alert">{state.what}.</p>
      <p>
        Nothing was changed. If <code>{state.database}</code>{" "}
        lies on a drive that is not mounted, mount it and restart Perch.
      </p>
      <p>
        Until it is restored Perch takes no readings and confirms none: devices and brokers that
        keep what is not confirmed send it again.
      </p>
      {state.failure && (
        <p class="error" role="alert">
          The restore failed, and nothing was replaced: {state.failure}
        </p>
      )}
      <RestoreForm backups={state.backups} sent={sent} />
      <h2>Or on the host</h2>
      <p>Stop Perch, then:</p>
      <pre><code>{state.backups[0].command}</code></pre>
      <p class="help">
        An archive from elsewhere is restored in the same way: copy it to the host, and give its
        path.
      </p>
    </div>
  );
}

function RestoreForm(
  { backups, sent: { errors, values } }: { backups: readonly SafeBackup[]; sent: SentForm },
): VNode {
  const chosen = values.file ?? backups.find(({ encrypted }) => !encrypted)?.file;
  return (
    <form method="post" action="/restore">
      <FormError>{errors.form ?? errors.file}</FormError>
      <fieldset>
        <legend>Good backups</legend>
        {backups.map(({ file, age, bytes: size, encrypted }) => (
          <label key={file} class="safe-backup">
            <input
              type="radio"
              name="file"
              value={file}
              checked={file === chosen}
              disabled={encrypted}
              required
            />
            <span>
              <strong>{age}</strong>, {bytes(size)}
              {encrypted && ", encrypted: the command asks for its key"}
              <span class="safe-file">{file}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {chosen !== undefined && (
        <>
          <Field
            name="token"
            label="Token"
            help="Perch printed it when it went into safe mode (journalctl -u perch); it is also in the file safe-mode-token of the data directory."
            error={errors.token}
            autocomplete="off"
          />
          <button type="submit" class="primary">Restore this backup</button>
          <p class="help">
            What is newer than the backup is not in it. What is there now is kept aside.
          </p>
        </>
      )}
    </form>
  );
}
