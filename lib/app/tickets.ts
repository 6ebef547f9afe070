import type { Access } from "../access/access.ts";
import { systemActor } from "../access/audit_row.ts";
import { atLeast } from "../access/policy.ts";
import type { Alarm, AlarmEventBody } from "../alarms/alarm.ts";
import type { Alarms } from "../alarms/alarms.ts";
import { PerchError } from "../base/errors.ts";
import type { Task } from "../base/supervisor.ts";
import type { StreamHub } from "../live/stream.ts";
import type { MachineDirectory } from "../machines/sensor.ts";
import { type AlarmTickets, createAlarmTickets } from "../tickets/alarm_tickets.ts";
import { type Attachments, createAttachments } from "../tickets/attachments.ts";
import { type BookDeps, createTicketBook } from "../tickets/book.ts";
import { type Comments, createComments } from "../tickets/comments.ts";
import { overdueTask } from "../tickets/overdue.ts";
import type { Subjects } from "../tickets/subject.ts";
import { severityOf, type Ticket, type TicketEventBody } from "../tickets/ticket.ts";
import { createTickets, type Tickets } from "../tickets/tickets.ts";
import type { Foundation } from "./foundation.ts";

const MEGABYTE = 1_000_000;

export interface TicketParts {
  tickets: Tickets;
  fromAlarms: AlarmTickets;
  comments: Comments;
  attachments: Attachments;
  tasks: Task[];
}

export interface TicketNeeds {
  machines: MachineDirectory;
  hub: Pick<StreamHub, "publish">;
  access: Pick<Access, "users" | "audit">;
}

/** What the tickets do when alarms move, and what is made once the alarms are there. */
export function createTicketRoom(
  foundation: Foundation,
  { machines, hub, access }: TicketNeeds,
): { fromAlarms: AlarmTickets; with(alarms: Pick<Alarms, "find" | "act">): TicketParts } {
  const { clock, events, settings, storage: { db }, config: { dataDir }, refusal } = foundation;
  const log = foundation.log.child("tickets");
  const deps = { db, clock, log, events, machines, settings, refusal, dataDir };
  const people: BookDeps["people"] = {
    find(idOrEmail) {
      const user = access.users.find(idOrEmail) ?? access.users.byEmail(idOrEmail);
      return user && {
        id: user.id,
        name: user.name || user.email,
        able: user.state === "active" && atLeast(user.role, "engineer"),
      };
    },
  };
  const book = createTicketBook({ ...deps, people });
  const publish = (ticket: Ticket) => hub.publish("ticket", ticket);
  const publishing = (published: Promise<void>) =>
    void published.catch((error) =>
      log.warn("a ticket was not published on the live stream", { error })
    );
  const fromAlarms = createAlarmTickets({
    book,
    clock,
    log,
    publish,
    automatic: () => ({
      on: settings.get("tickets.automatic"),
      leastSeverity: settings.get("tickets.least_severity"),
    }),
    audited: (change) => access.audit.statement({ actor: systemActor("Perch"), ...change }),
  });
  return {
    fromAlarms,
    with(alarms) {
      // The live stream learns of the tickets of alarms that moved.
      foundation.bus.subscribe("alarms", ({ transitions }) => {
        const ids = [...new Set(transitions.map(({ alarm }) => alarm.id))];
        if (ids.length > 0) publishing(fromAlarms.announce(ids));
      });
      const find = (id: string) => alarms.find(id).catch(nullWhenMissing);
      const tickets = createTickets({
        ...deps,
        people,
        book,
        publish,
        alarms: {
          find,
          async resolve(id, { note, verdict }, by, also) {
            await alarms.act(id, { kind: "resolve", note, verdict }, by, { also });
          },
          async judge(id, verdict, by, also) {
            await alarms.act(id, { kind: "judge", verdict }, by, { also });
          },
        },
      });
      const subjects = subjectsOf(find, tickets);
      const onChange = (kind: keyof Subjects, id: string) => {
        if (kind === "ticket") publishing(tickets.get(id).then(publish));
      };
      const comments = createComments({ ...deps, subjects, onChange });
      foundation.shedding.register({ name: "attachments" });
      const attachments = createAttachments({
        ...deps,
        refusal: () => foundation.refusal() ?? foundation.shedding.refusal("attachments"),
        subjects,
        comments,
        onChange,
        limits: () => ({
          file: settings.get("attachments.file_mb") * MEGABYTE,
          subject: settings.get("attachments.subject_mb") * MEGABYTE,
          total: settings.get("attachments.total_mb") * MEGABYTE,
        }),
      });
      return {
        tickets,
        fromAlarms,
        comments,
        attachments,
        tasks: [overdueTask({ clock, tickets }), attachments.task],
      };
    },
  };
}

function subjectsOf(
  findAlarm: (id: string) => Promise<Alarm | null>,
  tickets: Pick<Tickets, "find">,
): Subjects {
  return {
    async alarm(id) {
      const alarm = await findAlarm(id);
      return alarm && {
        key: `alarm:${alarm.id}`,
        name: `“${alarm.title}”`,
        commented: "alarm.commented",
        severity: alarm.severity,
        bodyOf: (note): AlarmEventBody => ({ alarm, note }),
      };
    },
    async ticket(id) {
      const ticket = await tickets.find(id);
      return ticket && {
        key: `ticket:${ticket.id}`,
        name: ticket.id,
        commented: "ticket.commented",
        severity: severityOf(ticket.priority),
        bodyOf: (note): TicketEventBody => ({ ticket, note }),
      };
    },
  };
}

function nullWhenMissing(error: unknown): null {
  if (error instanceof PerchError && error.code === "not_found") return null;
  throw error;
}
