import type { VNode } from "preact";
import { z } from "zod";
import { archiveWords, findingsWords } from "../../lib/backup/restore_words.ts";
import type { KeptPlant, RestorePlan } from "../../lib/backup/restores.ts";
import type { Receipt } from "../../lib/backup/types.ts";
import type { FoundUpload, Uploads } from "../../lib/backup/uploads.ts";
import { dateTime } from "../../lib/words/times.ts";
import { Field, FormError, Select } from "../frame/form.tsx";
import { ProofFields } from "../frame/proof_fields.tsx";
import { formAction } from "../frame/form_action.ts";
import {
  type FormPage,
  formRoute,
  type FormState,
  NO_FORM,
  pageRoute,
  stateOf,
} from "../frame/form_page.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { Answer, Crumbs, Empty } from "../frame/parts.tsx";
import type { Route } from "../http/route.ts";
import { removeUpload } from "../uploads/request.ts";
import { Kept } from "./kept.tsx";
import type { BackupServices } from "./request.ts";
import {
  archiveUploads,
  beginRestore,
  CHECK_MS,
  chosenShape,
  meantShape,
  type RestoreServices,
} from "./restore_request.ts";
import { uploadAction, UploadCard } from "./upload.tsx";

export type RestorePageParts =
  & Omit<PageParts, "audit" | "clock">
  & BackupServices
  & RestoreServices
  & { uploads: Uploads };

/** What can be chosen. */
interface Archive {
  id: string;
  label: string;
  encrypted: boolean;
}

const PAGE = "/settings/backups/restore";
const REFRESH_S = 2;
const removeShape = z.strictObject({ id: z.string().max(120) });

/** `/settings/backups/restore`: check a backup, bring one here, and put it in the place of what is there. For admins. */
export function restorePages(parts: RestorePageParts): Route[] {
  const { restores, frame, backup, uploads } = parts;
  const page: FormPage = {
    path: PAGE,
    policy: "person:admin",
    draw: async (context, state) => {
      const job = restores.job();
      const isUnderWay = job !== null && job.state !== "failed";
      const answer = frame.answer(context.c, context.who, {
        title: "Restore a backup",
        place: "/more",
        status: state.status,
        script: "lists",
        content: (
          <Content
            parts={parts}
            list={await backup.backups.list()}
            uploads={await uploads.list()}
            kept={await restores.kept()}
            state={state}
          />
        ),
      });
      // Also while Perch starts again: this page comes back by itself.
      if (isUnderWay) answer.headers.set("refresh", `${REFRESH_S}; url=${PAGE}`);
      return answer;
    },
  };
  return [
    pageRoute(page),
    {
      ...formAction(
        `${PAGE}/check`,
        chosenShape,
        async ({ file, identity }, context) => {
          const plan = await restores.plan({ file, identity: identity || null, site: null });
          const notice = <Plan plan={plan} nowMs={parts.clock.now()} zone={parts.zone} />;
          return await page.draw(context, { ...NO_FORM, form: "check", notice, values: { file } });
        },
        (context, sent) => page.draw(context, { form: "check", ...sent }),
        page.policy,
      ),
      bodyTimeoutMs: CHECK_MS,
    },
    uploadAction(page, archiveUploads(parts)),
    formRoute(
      page,
      "remove",
      removeShape,
      ({ id }, context) => removeUpload(archiveUploads(parts), context, id),
    ),
    formRoute(page, "begin", meantShape, async (asked, context) => {
      await beginRestore(parts, context, asked);
    }),
  ];
}

function Content(
  { parts, list, uploads, kept, state }: {
    parts: RestorePageParts;
    list: readonly Receipt[];
    uploads: readonly FoundUpload[];
    kept: KeptPlant | null;
    state: FormState;
  },
): VNode {
  const { zone, clock } = parts;
  const job = parts.restores.job();
  const archives = archivesOf(list, uploads, zone);
  const { errors } = stateOf(state, "upload");
  return (
    <>
      <Crumbs>
        <a href="/settings/backups">Backups</a>
      </Crumbs>
      <Answer>{answerOf(parts)}</Answer>
      {job?.error != null && (
        <p class="banner warning" role="alert">
          {`${job.file} was not restored, and everything is as it was: ${job.error}`}
        </p>
      )}
      {kept !== null && <Kept kept={kept} zone={zone} />}
      {state.notice}
      <FormError>{stateOf(state, "remove").errors.form}</FormError>
      {job !== null && job.state !== "failed" ? <UnderWay /> : (
        <>
          {archives.length === 0
            ? <Empty>There is no backup here that could be restored.</Empty>
            : <Forms archives={archives} state={state} />}
          <UploadCard
            uploads={uploads}
            error={errors.file ?? Object.values(errors)[0] ?? null}
            zone={zone}
            nowMs={clock.now()}
          />
        </>
      )}
    </>
  );
}

/** What was uploaded stands first: whoever brought it wants it. */
function archivesOf(
  list: readonly Receipt[],
  uploads: readonly FoundUpload[],
  zone: string,
): Archive[] {
  const sealed = (encrypted: boolean) => encrypted ? ", encrypted" : "";
  const label = (name: string, madeMs: number) => `${dateTime(madeMs, zone)}, ${name}`;
  return [
    ...uploads.flatMap(({ id, record: { name, whole } }) =>
      whole === null ? [] : [{
        id,
        label: whole.plant === null
          ? `Uploaded, ${name}, encrypted`
          : `Uploaded, ${label(whole.plant.name, whole.plant.createdMs)}`,
        encrypted: whole.encrypted,
      }]
    ),
    ...list.map(({ file, encrypted, manifest }) => ({
      id: file,
      label: label(manifest.site.name, manifest.created_ms) + sealed(encrypted),
      encrypted,
    })),
  ];
}

function answerOf({ restores }: RestorePageParts): string {
  const job = restores.job();
  if (job === null || job.state === "failed") return "Nothing is changed before you confirm it";
  return job.state === "checking"
    ? `${job.file} is being checked, ${Math.round(job.share * 100)} %`
    : "Perch ends now, restores, and starts again";
}

function UnderWay(): VNode {
  return (
    <section class="card">
      <p>
        When the backup holds up, Perch ends, puts it in place, and starts again: this page comes
        back by itself, and asks you to sign in. What was there before is kept in the data
        directory, in a folder replaced-…, until somebody there runs{" "}
        <code>perch restore --confirm</code>; <code>perch restore --undo</code> puts it back.
      </p>
    </section>
  );
}

function Forms(
  { archives, state }: { archives: readonly Archive[]; state: FormState },
): VNode {
  const check = stateOf(state, "check");
  // What was just checked is what is restored, unless somebody chooses otherwise.
  const begin = stateOf(state, state.notice ? "check" : "begin");
  return (
    <>
      <section class="card" aria-labelledby="check-title">
        <h2 id="check-title">Check</h2>
        <p>
          Unpacks the backup beside what is there, checks every byte of it, and says what restoring
          it would change. Readings go on meanwhile.
        </p>
        <form method="post" action={`${PAGE}/check`}>
          <FormError>{check.errors.form}</FormError>
          <Which id="check" archives={archives} sent={check} />
          <button type="submit">Check it</button>
        </form>
      </section>
      <section class="card" aria-labelledby="restore-title">
        <h2 id="restore-title">Restore</h2>
        <p>
          Perch ends, puts the backup in the place of what is there, and starts again. Readings that
          came after the backup are not in the plant any more then; what is replaced is kept until
          somebody confirms it.
        </p>
        <form method="post" action={`${PAGE}/begin`}>
          <FormError>{begin.errors.form}</FormError>
          <Which id="begin" archives={archives} sent={begin} />
          <Field
            name="site"
            label="Name of the plant in the backup"
            help="As the check says it. Type it: what is here now is replaced."
            error={begin.errors.site}
            value={begin.values.site}
            autocomplete="off"
            required
          />
          <ProofFields errors={begin.errors} />
          <button type="submit" class="danger">Restore it</button>
        </form>
      </section>
    </>
  );
}

function Which(
  { id, archives, sent }: {
    id: string;
    archives: readonly Archive[];
    sent: Pick<FormState, "errors" | "values">;
  },
): VNode {
  return (
    <>
      <Select
        id={`${id}-file`}
        name="file"
        label="Backup"
        options={archives.map((one) => [one.id, one.label] as const)}
        value={sent.values.file}
        error={sent.errors.file}
      />
      {archives.some(({ encrypted }) => encrypted) && (
        <Field
          id={`${id}-identity`}
          name="identity"
          type="password"
          label="Private key"
          help="Of an encrypted backup, from its recovery sheet. It is not kept."
          error={sent.errors.identity}
          autocomplete="off"
          required={false}
        />
      )}
    </>
  );
}

function Plan(
  { plan: { manifest, findings }, nowMs, zone }: { plan: RestorePlan; nowMs: number; zone: string },
): VNode {
  return (
    <section class="card" role="status" aria-labelledby="plan-title">
      <h2 id="plan-title">What restoring it would change</h2>
      <p>{archiveWords(manifest, nowMs, zone)}</p>
      <ul class="findings">
        {findingsWords(findings, zone).map((one) => <li key={one}>{one}</li>)}
      </ul>
    </section>
  );
}
