import type { VNode } from "preact";
import { z } from "zod";
import { BackupProgress } from "../../islands/backup_progress.tsx";
import { describeBackups } from "../../lib/backup/health.ts";
import { jobOf } from "../../lib/backup/shapes.ts";
import type { Receipt } from "../../lib/backup/types.ts";
import { ago, span } from "../../lib/words/times.ts";
import { FormError } from "../frame/form.tsx";
import {
  type FormPage,
  formRoute,
  type FormState,
  pageRoute,
  stateOf,
} from "../frame/form_page.ts";
import { Island } from "../frame/island.tsx";
import type { PageParts } from "../frame/page_parts.ts";
import { Answer, Crumbs, Empty, Fact, Facts, More, Post } from "../frame/parts.tsx";
import { Ago, Exact } from "../frame/times.tsx";
import type { Route } from "../http/route.ts";
import { EncryptionCard, KeyNotice } from "./encryption.tsx";
import {
  type BackupServices,
  beginBackup,
  newKey,
  removeBackup,
  switchOff,
  switchOn,
} from "./request.ts";
import { BackupTable } from "./table.tsx";

export interface BackupPageParts extends Omit<PageParts, "audit" | "clock">, BackupServices {}

export const PAGE = "/settings/backups";
const REFRESH_S = 2;
const nothing = z.strictObject({});

/** `/settings/backups`: what there is, what is under way, and what people do with it. For admins. */
export function backupPages(parts: BackupPageParts): Route[] {
  const page: FormPage = {
    path: PAGE,
    policy: "admin",
    draw: async (context, state) => {
      // What is wrong with the folder stands on the page.
      const list = await parts.backup.backups.list().catch((): Receipt[] => []);
      const isRunning = parts.backup.backups.job()?.state === "running";
      return parts.frame.answer(context.c, context.who, {
        title: "Backups",
        place: "/more",
        status: state.status,
        script: "lists",
        refreshS: isRunning ? REFRESH_S : undefined,
        content: <Content parts={parts} list={list} state={state} />,
      });
    },
  };
  return [
    pageRoute(page),
    formRoute(page, "begin", nothing, async (_, context) => {
      await beginBackup(parts, context);
    }),
    formRoute(
      page,
      "delete",
      z.strictObject({ id: z.string().max(200) }),
      ({ id }, context) => removeBackup(parts, context, id),
    ),
    formRoute(
      page,
      "new-key",
      nothing,
      async () => <KeyNotice {...await newKey(parts)} />,
    ),
    formRoute(
      page,
      "confirm",
      z.strictObject({ identity: z.string().max(500) }),
      async ({ identity }, context) => {
        await switchOn(parts, context, identity);
      },
    ),
    formRoute(page, "off", nothing, (_, context) => switchOff(parts, context)),
  ];
}

function Content(
  { parts, list, state }: { parts: BackupPageParts; list: Receipt[]; state: FormState },
): VNode {
  const { backup, zone, clock } = parts;
  const known = backup.state();
  const { job, unavailable } = known;
  const { health, detail } = describeBackups(known);
  const errorOf = (form: string) => stateOf(state, form).errors.form;
  return (
    <>
      <Crumbs>
        <a href="/settings">Settings</a>
      </Crumbs>
      <Answer>{answerOf(parts)}</Answer>
      {state.notice}
      {unavailable !== null
        ? <p>{unavailable}</p>
        : health === "degraded" && <p class="banner warning" role="alert">{detail}</p>}
      <FormError>{errorOf("begin") ?? errorOf("delete")}</FormError>
      {job?.state === "running" && (
        <Island name="BackupProgress" component={BackupProgress} props={{ initial: jobOf(job) }} />
      )}
      {unavailable === null && <Overview parts={parts} running={job?.state === "running"} />}
      {list.length === 0
        ? unavailable === null && <Empty>No backup has been made and checked yet.</Empty>
        : <BackupTable list={list} zone={zone} nowMs={clock.now()} />}
      {unavailable === null && (
        <EncryptionCard
          recipient={backup.recipient()}
          error={stateOf(state, "confirm").errors.identity ?? errorOf("confirm")}
          fresh={state.form === "new-key"}
        />
      )}
    </>
  );
}

function answerOf({ backup }: BackupPageParts): string {
  const { unavailable, job, failure, newest, ageMs } = backup.state();
  if (unavailable !== null) return "The server of the database makes the backups";
  if (job?.state === "running") return "A backup is being made";
  if (failure !== null) return "The last backup failed";
  return newest === null ? "There is no backup yet" : `The last backup was made ${ago(ageMs)}`;
}

/** When, what, and the button that makes one now. */
function Overview({ parts, running }: { parts: BackupPageParts; running: boolean }): VNode {
  const { backup, zone, clock } = parts;
  const { newest } = backup.state();
  const next = backup.nextMs();
  const nowMs = clock.now();
  return (
    <section class="card" aria-labelledby="backup-now">
      <h2 id="backup-now">This plant</h2>
      <Facts>
        <Fact name="Last verified">
          <Ago tMs={newest?.verifiedMs ?? null} nowMs={nowMs} zone={zone} />
        </Fact>
        <Fact name="Next">
          {next === null ? "only when somebody asks" : (
            <>
              {`in ${span(next - nowMs)}, `}
              <Exact tMs={next} zone={zone} />
            </>
          )}
        </Fact>
        <Fact name="Encrypted">{backup.recipient() === null ? "no" : "yes"}</Fact>
      </Facts>
      <p>
        A backup holds readings, settings, people, alarms, tickets, files, photos and scripts. It
        counts once it was restored into a scratch folder and held up. Not in it: camera images,
        logs, refused messages, and the secrets of the environment; the keys of sign-ins and
        channels are in encrypted backups alone.
      </p>
      <p class="muted">
        Backups lie on the disk of this host. Download one now and then, and keep it elsewhere: a
        disk that fails takes both.
      </p>
      {!running && <Post action={`${PAGE}/begin`} look="primary">Back up now</Post>}
      <More href="/settings/backups/restore">Restore a backup</More>
      <More href="/settings">When backups are made, and how long they are kept</More>
    </section>
  );
}
