import type { VNode } from "preact";
import { z } from "zod";
import { atLeast } from "../../lib/access/policy.ts";
import { MachinesAnswer } from "../../islands/normal_machines.tsx";
import { countMachines } from "../../lib/live/status.ts";
import { MACHINE_STATUSES } from "../../lib/live/status_words.ts";
import { isPlant } from "../../lib/machines/host_machine.ts";
import { areaOf, type Machine } from "../../lib/machines/machine.ts";
import { title } from "../../lib/words/names.ts";
import { Field, FormError } from "../frame/form.tsx";
import { hrefWith, machineHref, machineTitle } from "../frame/links.ts";
import { WordsNow } from "../../islands/words_now.tsx";
import { Island } from "../frame/island.tsx";
import { Answer, Empty, More, Post } from "../frame/parts.tsx";
import { filterMachines, type MachineFilter, type MachinePageParts } from "./request.ts";
import { MachineBar, machineBulkAction, NewMachines } from "./bulk.tsx";
import { MachineRow } from "./machine_row.tsx";
import { auditedBy } from "../http/caller.ts";
import { idForm, pageInMemory } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { commonTags, Filters } from "./filters.tsx";
import { FirstReading } from "./first_reading.tsx";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { Filtered, ListFilter } from "../frame/list_filter.tsx";
import { BulkList, Changed, Pick } from "../frame/bulk.tsx";

/** Six screens of a phone. */
const PAGE = 50;
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
  /** How many were just changed together. */
  changed: z.string().regex(/^\d{1,6}$/).optional().catch(undefined),
}).loose();
type Query = z.output<typeof Query>;

/** `/machines`: all of them by area, what is new, and what was deleted. */
export function machinesPages(parts: MachinePageParts): Route[] {
  const draw = async (context: RouteContext, query: Query, sent: SentForm) => {
    const since = parts.place();
    const { after, undo, changed } = query;
    const filter = machineFilter(query);
    const found = await filterMachines(parts, filter);
    const asked = { cursor: after, limit: PAGE };
    const { items: page, next } = pageInMemory(found, (m) => m.path, asked);
    const none = !parts.machines.all().some(isPlant) && filter.deleted !== "true";
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
          {changed !== undefined && <Changed n={Number(changed)} one="machine" more="machines" />}
          <FormError>{sent.errors.form}</FormError>
          {none && <FirstReading mqtt={parts.mqtt} url={new URL(context.c.req.url).origin} />}
          {!none && (
            <List
              parts={parts}
              filter={filter}
              found={found.length}
              after={after}
              page={page}
              next={next}
              mayChange={mayChange}
              sent={sent}
            />
          )}
          {mayChange && filter.deleted !== "true" && <Add sent={sent} />}
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
    machineBulkAction(
      parts,
      (asked) => filterMachines(parts, machineFilter(Query.parse(asked))),
      (context, asked, sent) => draw(context, Query.parse(asked), sent),
    ),
    formAction("/machines/confirm", idForm, async (given, context) => {
      const audited = auditedBy(parts.audit, context);
      const { path } = await parts.service.patchMachine(
        given.id,
        { review: "confirmed" },
        audited,
      );
      return machineHref(path);
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

function machineFilter({ q, under, tag, status, review, deleted }: Query): MachineFilter {
  return { q, under, tag, status, review, deleted };
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

function List(
  { parts, filter, found, after, page, next, mayChange, sent }: {
    parts: MachinePageParts;
    filter: MachineFilter;
    found: number;
    after: string | undefined;
    page: Machine[];
    next: string | null;
    mayChange: boolean;
    sent: SentForm;
  },
): VNode {
  const all = parts.machines.all();
  const total = all.length;
  const alarms = parts.alarms.open();
  const filtered = Object.values(filter).some((value) => value !== undefined && value !== "");
  return (
    <>
      {filtered
        ? (
          <Answer>
            {filter.deleted === "true"
              ? `${found} deleted machine${found === 1 ? "" : "s"}`
              : `${found} of ${total} machines`}
          </Answer>
        )
        : (
          <div data-filtered="answer">
            <Island
              name="MachinesAnswer"
              component={MachinesAnswer}
              props={{ initial: countMachines(parts) }}
            />
          </div>
        )}
      {filtered && <Island name="WordsNow" component={WordsNow} props={{}} />}
      <ListFilter
        path="/machines"
        value={filter.q}
        keep={filter}
        label="Filter by name or tag"
      />
      <Filtered>
        <Filters filter={filter} tags={commonTags(all)} />
        {mayChange && filter.deleted !== "true" && (
          <NewMachines
            n={all.filter(({ review }) => review === "new").length}
            nowMs={parts.clock.now()}
          />
        )}
        {page.length === 0 && (
          <Empty>
            No machine fits. <a href="/machines">Show all {total}</a>
          </Empty>
        )}
        {mayChange && filter.deleted !== "true" && page.length > 0
          ? (
            <BulkList
              action="/machines/bulk"
              back={hrefWith("/machines", { ...filter, after })}
              all={`Select all ${found}`}
              values={sent.values}
              bar={<MachineBar sent={sent} />}
            >
              <Areas page={page}>
                {(machine) => (
                  <Pick id={machine.id} name={machineTitle(machine)} values={sent.values}>
                    <MachineRow parts={parts} machine={machine} alarms={alarms} />
                  </Pick>
                )}
              </Areas>
            </BulkList>
          )
          : (
            <Areas page={page}>
              {(machine) =>
                machine.deletedMs === null
                  ? <MachineRow parts={parts} machine={machine} alarms={alarms} />
                  : <Deleted machine={machine} mayChange={mayChange} />}
            </Areas>
          )}
        {next && <More href={hrefWith("/machines", { ...filter, after: next })}>Next {PAGE}</More>}
      </Filtered>
      <More href="/maintenance">Maintenance windows</More>
      <More href="/machines/tree">The plant as a tree</More>
      <More href="/machines/exchange">Import and export</More>
    </>
  );
}

/** By area, each machine drawn by `children`. */
function Areas(
  { page, children }: { page: readonly Machine[]; children: (machine: Machine) => VNode },
): VNode {
  const areas = Map.groupBy(page, (machine) => areaOf(machine.path));
  return (
    <div class="list">
      {[...areas].map(([area, machines]) => (
        <section key={area} class="card" aria-label={area === "" ? "Machines" : area}>
          <h2>{area === "" ? "Machines" : area.split("/").map(title).join(" / ")}</h2>
          {machines.map(children)}
        </section>
      ))}
    </div>
  );
}

function Deleted({ machine, mayChange }: { machine: Machine; mayChange: boolean }): VNode {
  return (
    <div class="row machine">
      <span class="row-name">{machineTitle(machine)}</span>
      {mayChange && (
        <Post
          action="/machines/restore"
          fields={{ id: machine.id }}
          inline
          look="small"
          label={`Restore ${machineTitle(machine)}`}
        >
          Restore
        </Post>
      )}
    </div>
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
