import type { VNode } from "preact";
import { AlarmsHere } from "../../islands/alarms_here.tsx";
import type { Alarm } from "../../lib/alarms/alarm.ts";
import { isUnder, type Machine } from "../../lib/machines/machine.ts";
import type { MachinesService } from "../../lib/machines/service.ts";
import { spanAt } from "../../lib/machines/windows.ts";
import type { Ticket } from "../../lib/tickets/ticket.ts";
import type { Tickets } from "../../lib/tickets/tickets.ts";
import { dateTime } from "../../lib/words/times.ts";
import { Island } from "../frame/island.tsx";
import { hrefWith, ticketHref } from "../frame/links.ts";
import type { PageParts } from "../frame/page_parts.ts";

/** What pages of machines and sensors take to say what is open there. */
export interface StandingParts extends Pick<PageParts, "clock" | "zone"> {
  alarms: { open(): Alarm[] };
  tickets: Pick<Tickets, "list">;
  service: Pick<MachinesService, "windows">;
}

/** What is open at a machine, or at one of its sensors. */
export interface Standing {
  machine: Machine;
  /** Id; null: the machine. */
  sensor: string | null;
  alarms: Alarm[];
  /** The latest. */
  tickets: Ticket[];
  moreTickets: boolean;
  /** The window that is open or comes next. */
  window: { title: string; fromMs: number; toMs: number } | null;
}

const TICKETS = 3;
const STATES = { open: "open", in_progress: "in progress", resolved: "resolved", closed: "closed" };

/** Looks up what is open. */
export async function standingOf(
  parts: StandingParts,
  machine: Machine,
  sensor: string | null,
): Promise<Standing> {
  const alarms = parts.alarms.open().filter((alarm) =>
    alarm.machine === machine.path &&
    (sensor === null || alarm.sensor_id === null || alarm.sensor_id === sensor)
  );
  const { items, next } = await parts.tickets.list({ machineId: machine.id, limit: TICKETS });
  const spans = parts.service.windows().flatMap(({ path, title, timing }) => {
    const span = isUnder(machine.path, path) ? spanAt(timing, parts.clock.now(), parts.zone) : null;
    return span === null ? [] : [{ title, ...span }];
  });
  const [window = null] = spans.sort((a, b) => a.fromMs - b.fromMs);
  return { machine, sensor, alarms, tickets: items, moreTickets: next !== null, window };
}

/** Open alarms, the latest tickets and the next maintenance. */
export function StandingCard(
  { parts, standing, mayChange }: { parts: StandingParts; standing: Standing; mayChange: boolean },
): VNode {
  const { machine, sensor, alarms, tickets, moreTickets, window } = standing;
  const nowMs = parts.clock.now();
  const { zone } = parts;
  const about = { machine: machine.path };
  return (
    <section class="card" aria-labelledby="standing">
      <h2 id="standing">Alarms, tickets, maintenance</h2>
      <div class="standing card-body">
        <div>
          <h3>Open alarms</h3>
          <Island
            name="AlarmsHere"
            component={AlarmsHere}
            props={{ alarms, machine: machine.path, sensor, nowMs, zone }}
          />
          <p>
            <a
              href={hrefWith("/alarms", {
                ...(sensor === null ? about : { sensor }),
                show: "resolved",
              })}
            >
              Earlier alarms
            </a>
          </p>
        </div>
        <div>
          <h3>Latest tickets</h3>
          {tickets.length === 0 && <p class="muted">No tickets.</p>}
          <ul>
            {tickets.map((ticket) => (
              <li key={ticket.id}>
                <a href={ticketHref(ticket.id)}>{`${ticket.id}: ${ticket.title}`}</a>{" "}
                <span class="muted">
                  {`${STATES[ticket.state]}, ${
                    dateTime(ticket.resolved_ms ?? ticket.created_ms, zone).slice(0, 16)
                  }`}
                </span>
              </li>
            ))}
          </ul>
          <p>
            {moreTickets && (
              <>
                <a
                  href={hrefWith("/tickets", {
                    ...about,
                    state: "open,in_progress,resolved,closed",
                  })}
                >
                  All tickets
                </a>
                {" · "}
              </>
            )}
            {mayChange && <a href={hrefWith("/tickets/new", about)}>Open a ticket</a>}
          </p>
        </div>
        <div>
          <h3>Next maintenance</h3>
          <p>
            {window === null
              ? <span class="muted">None is planned.</span>
              : `${window.title}: ${window.fromMs <= nowMs ? "now, until" : "from"} ${
                dateTime(window.fromMs <= nowMs ? window.toMs : window.fromMs, zone).slice(0, 16)
              } (${zone})`}
          </p>
          <p>
            <a href={hrefWith("/maintenance", { path: machine.path })}>
              {mayChange ? "Plan or change maintenance" : "All maintenance windows"}
            </a>
          </p>
        </div>
      </div>
    </section>
  );
}
