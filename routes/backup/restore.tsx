import type { VNode } from "preact";
import { archiveWords, findingsWords } from "../../lib/backup/restore_words.ts";
import type { RestorePlan } from "../../lib/backup/restores.ts";
import type { Receipt } from "../../lib/backup/types.ts";
import { dateTime } from "../../lib/words/times.ts";
import { Field, FormError, Select } from "../frame/form.tsx";
import {
  type FormPage,
  formRoute,
  type FormState,
  pageRoute,
  stateOf,
} from "../frame/form_page.ts";
import type { PageParts } from "../frame/page_parts.ts";
import { Answer, Crumbs, Empty } from "../frame/parts.tsx";
import type { Route } from "../http/route.ts";
import type { BackupServices } from "./request.ts";
import { beginRestore, chosenShape, meantShape, type RestoreServices } from "./restore_request.ts";

export type RestorePageParts =
  & Omit<PageParts, "audit" | "clock">
  & BackupServices
  & RestoreServices;

const PAGE = "/settings/backups/restore";
const REFRESH_S = 2;

/** `/settings/backups/restore`: check a backup, and put it in the place of what is there. For admins. */
export function restorePages(parts: RestorePageParts): Route[] {
  const { restores, frame, backup } = parts;
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
        content: <Content parts={parts} list={await backup.backups.list()} state={state} />,
      });
      // Also while Perch starts again: this page comes back by itself.
      if (isUnderWay) answer.headers.set("refresh", `${REFRESH_S}; url=${PAGE}`);
      return answer;
    },
  };
  return [
    pageRoute(page),
    formRoute(page, "check", chosenShape, async ({ file, identity }) => {
      const plan = await restores.plan({ file, identity: identity || null, site: null });
      return <Plan plan={plan} nowMs={parts.clock.now()} zone={parts.zone} />;
    }),
    formRoute(page, "begin", meantShape, async (asked, context) => {
      await beginRestore(parts, context, asked);
    }),
  ];
}

function Content(
  { parts, list, state }: { parts: RestorePageParts; list: readonly Receipt[]; state: FormState },
): VNode {
  const job = parts.restores.job();
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
      {state.notice}
      {job !== null && job.state !== "failed"
        ? <UnderWay />
        : list.length === 0
        ? <Empty>There is no backup here that could be restored.</Empty>
        : <Forms list={list} state={state} zone={parts.zone} />}
    </>
  );
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
        directory, in a folder replaced-…, until somebody there runs perch restore --confirm; perch
        restore --undo puts it back.
      </p>
    </section>
  );
}

function Forms(
  { list, state, zone }: { list: readonly Receipt[]; state: FormState; zone: string },
): VNode {
  const check = stateOf(state, "check");
  const begin = stateOf(state, "begin");
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
          <Which id="check" list={list} sent={check} zone={zone} />
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
          <Which id="begin" list={list} sent={begin} zone={zone} />
          <Field
            name="site"
            label="Name of the plant in the backup"
            help="As the check says it. Type it: what is here now is replaced."
            error={begin.errors.site}
            value={begin.values.site}
            autocomplete="off"
            required
          />
          <Field
            name="password"
            type="password"
            label="Your password"
            error={begin.errors.password}
            autocomplete="current-password"
            required
          />
          <Field
            name="code"
            label="Code of your second factor"
            help="When it is on."
            error={begin.errors.code}
            autocomplete="one-time-code"
            required={false}
          />
          <button type="submit" class="danger">Restore it</button>
        </form>
      </section>
    </>
  );
}

function Which(
  { id, list, sent, zone }: {
    id: string;
    list: readonly Receipt[];
    sent: Pick<FormState, "errors" | "values">;
    zone: string;
  },
): VNode {
  const options = list.map(({ file, encrypted, manifest }) =>
    [
      file,
      `${dateTime(manifest.created_ms, zone)}, ${manifest.site.name}${
        encrypted ? ", encrypted" : ""
      }`,
    ] as const
  );
  return (
    <>
      <Select
        id={`${id}-file`}
        name="file"
        label="Backup"
        options={options}
        value={sent.values.file}
        error={sent.errors.file}
      />
      {list.some(({ encrypted }) => encrypted) && (
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
      <ul>
        {findingsWords(findings, zone).map((one) => <li key={one}>{one}</li>)}
      </ul>
    </section>
  );
}
