import type { VNode } from "preact";
import type { Ticket } from "../../lib/tickets/ticket.ts";
import { machineTitle } from "../../lib/words/names.ts";
import { Pick } from "../frame/bulk.tsx";
import { ticketHref } from "../frame/links.ts";
import { DueWord, PriorityWord, StateWord } from "./words.tsx";

/** `picked` are the ticks that were sent, where there are any to set. */
export function Rows(
  { page, zone, picked }: {
    page: readonly Ticket[];
    zone: string;
    picked?: Readonly<Record<string, string>>;
  },
): VNode {
  return (
    <section class="card" aria-label="Tickets">
      {page.map((ticket) => {
        const row = <Row key={ticket.id} ticket={ticket} zone={zone} />;
        return picked === undefined ? row : (
          <Pick
            key={ticket.id}
            id={ticket.id}
            name={`${ticket.id} ${ticket.title}`}
            values={picked}
          >
            {row}
          </Pick>
        );
      })}
    </section>
  );
}

function Row({ ticket, zone }: { ticket: Ticket; zone: string }): VNode {
  const { id, title, assignee, machine, machine_name } = ticket;
  const where = machine === null ? null : machineTitle({ name: machine_name, path: machine });
  return (
    <a class="row ticket" href={ticketHref(id)}>
      <span class="row-name">
        <span class="muted number">{id}</span> {title}
      </span>
      <span class="row-sub">
        <StateWord state={ticket.state} /> <PriorityWord ticket={ticket} />{" "}
        <DueWord ticket={ticket} zone={zone} />
        {assignee !== null && <span>{assignee}</span>}
        {where !== null && <span>{where}</span>}
      </span>
    </a>
  );
}

/** In place of the list: what to do. */
export function NoTickets({ asked, mayOpen }: { asked: URLSearchParams; mayOpen: boolean }): VNode {
  if (asked.size > 0) {
    return (
      <div class="empty">
        <p>No tickets match.</p>
        <p>
          <a href="/tickets">Show what is unresolved</a>
        </p>
      </div>
    );
  }
  return (
    <div class="empty">
      <p>There is nothing to do. Alarms of warning and above open tickets automatically.</p>
      {mayOpen && (
        <p>
          <a href="/tickets/new">Open one by hand</a> for what no sensor sees.
        </p>
      )}
    </div>
  );
}
