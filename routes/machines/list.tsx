import type { VNode } from "preact";
import { z } from "zod";
import { atLeast } from "../../lib/access/policy.ts";
import { MACHINE_STATUSES, needsAttention } from "../../lib/live/status_words.ts";
import { isPlant } from "../../lib/machines/host_machine.ts";
import { areaOf, type Machine } from "../../lib/machines/machine.ts";
import { title } from "../../lib/words/names.ts";
import { Field, FormError } from "../frame/form.tsx";
import { hrefWith, machineHref, machineTitle } from "../frame/links.ts";
import { Answer, Empty, More, Post } from "../frame/parts.tsx";
import { filterMachines, type MachineFilter, type MachinePageParts, photoUrl } from "./request.ts";
import { auditedBy } from "../http/caller.ts";
import { idForm, pageInMemory } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { commonTags, Filters } from "./filters.tsx";
import { FirstReading } from "./first_reading.tsx";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { MachineStatusNow } from "./status_now.tsx";
import { Filtered, ListFilter } from "../frame/list_filter.tsx";

const PAGE = 200;
const Query = z.object({
  q: z.string().max(200).optional(),
  under: z.string().max(2000).optional(),
  tag: z.string().max(40).optional(),
  status: z.enum([...MACHINE_STATUSES, "attention"]).optional().catch(undefined),
  review: z.enum(["new", "confirmed"]).optional().catch(undefined),
  deleted: z.enum(["true", "false"]).optional().catch(undefined),
  after: z.string().max(2000).optional(),
  /** A machine that was just deleted: to be undone. */
  undo: z.string().max(40).optional(),
}).loose();

/** `/machines`: all of them by area, what is new, and what was deleted. */
export function machinesPages(parts: MachinePageParts): Route[] {
  const draw = (context: RouteContext, query: z.output<typeof Query>, sent: SentForm) => {
    const since = parts.place();
    const { after, undo, q, under, tag, status, review, deleted } = query;
    const filter: MachineFilter = { q, under, tag, status, review, deleted };
    const found = filterMachines(parts, filter);
    const asked = { cursor: after, limit: PAGE };
    const { items: page, next } = pageInMemory(found, (m) => m.path, asked);
    const none = !parts.machines.all().some(isPlant) && deleted !== "true";
    const mayChange = atLeast(context.who!.role, "engineer");
    const gone = undo === undefined ? undefined : parts.machines.find(undo);
    return parts.frame.answer(context.c, context.who, {
      title: "Machines",
      place: "/machines",
      script: "lists",
      stream: { types: "status" },
      since,
      status: sent.status,
      content: (
        <>
          {gone && gone.deletedMs !== null && mayChange && <Undo machine={gone} />}
          <FormError>{sent.errors.form}</FormError>
          {none && <FirstReading mqtt={parts.mqtt} url={new URL(context.c.req.url).origin} />}
          {!none && (
            <List
              parts={parts}
              filter={filter}
              found={found.length}
              page={page}
              next={next}
              mayChange={mayChange}
            />
          )}
          {mayChange && deleted !== "true" && <Add sent={sent} />}
        </>
      ),
    });
  };
  const again = (context: RouteContext, sent: SentForm) => draw(context, {}, sent);
  return [
    route({
      method: "get",
      path: "/machines",
      policy: "viewer",
      summary: null,
      query: Query,
      handler: (context) => draw(context, context.query, NOTHING_SENT),
    }),
    formAction(
      "/machines/add",
      z.strictObject({ path: z.string().max(2000), name: z.string().max(80) }),
      async ({ path, name }, context) => {
        const given = { path: path.trim(), name: name.trim() === "" ? null : name.trim() };
        const machine = await parts.service.addMachine(given, auditedBy(parts.audit, context));
        return machineHref(machine.path);
      },
      again,
    ),
    formAction("/machines/confirm", idForm, async (given, context) => {
      const audited = auditedBy(parts.audit, context);
      await parts.service.patchMachine(given.id, { review: "confirmed" }, audited);
      return "/machines?review=new";
    }, again),
    formAction("/machines/delete", idForm, async (given, context) => {
      const machine = await parts.service.removeMachine(given.id, auditedBy(parts.audit, context));
      return `/machines?undo=${machine.id}`;
    }, again),
    formAction("/machines/restore", idForm, async (given, context) => {
      const machine = await parts.service.restoreMachine(given.id, auditedBy(parts.audit, context));
      return machineHref(machine.path);
    }, again),
  ];
}

function Undo({ machine }: { machine: Machine }): VNode {
  return (
    <section class="card toast" role="status" aria-label="Deleted">
      <p>
        {machineTitle(machine)}{" "}
        and its sensors were deleted. Their readings are kept; new ones are refused.
      </p>
      <Post action="/machines/restore" fields={{ id: machine.id }}>Undo</Post>
    </section>
  );
}

function answerOf(parts: MachinePageParts): string {
  const all = parts.machines.all();
  const off = all.filter(({ path }) => needsAttention(parts.statuses.machine(path).status)).length;
  if (off === 0) {
    return all.length === 1 ? "The machine is normal" : `All ${all.length} machines are normal`;
  }
  return off === 1 ? "1 machine needs attention" : `${off} machines need attention`;
}

function List(
  { parts, filter, found, page, next, mayChange }: {
    parts: MachinePageParts;
    filter: MachineFilter;
    found: number;
    page: Machine[];
    next: string | null;
    mayChange: boolean;
  },
): VNode {
  const total = parts.machines.all().length;
  const filtered = Object.values(filter).some((value) => value !== undefined && value !== "");
  const areas = Map.groupBy(page, (machine) => areaOf(machine.path));
  return (
    <>
      <Answer>
        {filter.deleted === "true"
          ? `${found} deleted machine${found === 1 ? "" : "s"}`
          : filtered
          ? `${found} of ${total} machines`
          : answerOf(parts)}
      </Answer>
      <ListFilter
        path="/machines"
        value={filter.q}
        keep={filter}
        label="Filter by name or tag"
      />
      <Filtered>
        <Filters filter={filter} tags={commonTags(parts.machines.all())} />
        {page.length === 0 && (
          <Empty>
            No machine fits. <a href="/machines">Show all {total}</a>
          </Empty>
        )}
        <div class="list">
          {[...areas].map(([area, machines]) => (
            <section key={area} class="card" aria-label={area === "" ? "Machines" : area}>
              <h2>{area === "" ? "Machines" : area.split("/").map(title).join(" / ")}</h2>
              {machines.map((machine) => (
                <Row key={machine.id} parts={parts} machine={machine} mayChange={mayChange} />
              ))}
            </section>
          ))}
        </div>
        {next && <More href={hrefWith("/machines", { ...filter, after: next })}>Next {PAGE}</More>}
      </Filtered>
      <More href="/maintenance">Maintenance windows</More>
      <More href="/machines/tree">The plant as a tree</More>
      <More href="/machines/exchange">Import and export</More>
    </>
  );
}

function Row(
  { parts, machine, mayChange }: { parts: MachinePageParts; machine: Machine; mayChange: boolean },
): VNode {
  if (machine.deletedMs !== null) {
    return (
      <div class="row machine">
        <span class="row-name">{machineTitle(machine)}</span>
        {mayChange && <Act action="restore" id={machine.id} name={machineTitle(machine)} />}
      </div>
    );
  }
  const { sensors, window } = parts.statuses.machine(machine.path);
  const total = Object.values(sensors).reduce((sum, n) => sum + n, 0);
  const not = (["critical", "offline", "warning"] as const).filter((s) => sensors[s] > 0)
    .map((s) => `${sensors[s]} ${s}`);
  return (
    <>
      <a class="row machine" href={machineHref(machine.path)}>
        <span class="row-name">
          {machine.photo && (
            <img
              class="thumb"
              src={photoUrl(machine.photo)}
              alt=""
              width={40}
              height={40}
              loading="lazy"
            />
          )}
          {machineTitle(machine)}
          {machine.tags.map((tag) => <span key={tag} class="area">{tag}</span>)}
        </span>
        <MachineStatusNow parts={parts} machine={machine} />
        <span class="row-sub">
          {`${total} sensor${total === 1 ? "" : "s"}`}
          {not.length > 0 && `, ${not.join(", ")}`}
          {window && `; ${window.title}`}
        </span>
      </a>
      {machine.review === "new" && mayChange && (
        <Act action="confirm" id={machine.id} name={machineTitle(machine)} />
      )}
    </>
  );
}

function Act(
  { action, id, name }: { action: "confirm" | "restore"; id: string; name: string },
): VNode {
  return (
    <Post
      action={`/machines/${action}`}
      fields={{ id }}
      inline
      look="small"
      label={`${title(action)} ${name}`}
      about={action === "confirm" ? <span class="muted">New.</span> : undefined}
    >
      {title(action)}
    </Post>
  );
}

function Add({ sent }: { sent: SentForm }): VNode {
  return (
    <details class="card more-form" open={sent.errors.path !== undefined}>
      <summary>Add a machine</summary>
      <form method="post" action="/machines/add">
        <Field
          name="path"
          label="Path"
          value={sent.values.path}
          error={sent.errors.path}
          help="Area and machine as in its topic, for example hall-1/press-3. Machines that send readings appear by themselves."
          autocomplete="off"
        />
        <Field
          name="name"
          label="Name"
          value={sent.values.name}
          error={sent.errors.name}
          help="Empty: the last part of the path."
          autocomplete="off"
          required={false}
        />
        <button type="submit">Add</button>
      </form>
    </details>
  );
}
