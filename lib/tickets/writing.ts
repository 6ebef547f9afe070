/** How a change of a ticket is written: from the row it was read as, in one transaction, published after it. */
import { PerchError } from "../base/errors.ts";
import type { SqlStatement } from "../db/client.ts";
import { isOvertaken } from "../db/sql_errors.ts";
import type { Audited } from "../events/audit_change.ts";
import type { BookDeps, TicketBook } from "./book.ts";
import { numberOf, type Ticket, type TicketRow } from "./ticket.ts";
import { fasterError } from "./words.ts";

/** Who acts, and the audit row of what they do. */
export interface By {
  name: string;
  audited: Audited;
}

export interface Writing {
  /** By `T-12` or `12`. @throws `not_found` */
  rowOf(id: string): Promise<TicketRow>;
  /** @throws `conflict` naming who was faster, when a version was seen and is not that of the row */
  checkVersion(row: TicketRow, version: number | undefined): void;
  /** Writes a change by `commit` (default `db.write`). @throws `conflict` naming who was faster */
  write(
    row: TicketRow,
    statements: SqlStatement[],
    commit?: (statements: SqlStatement[]) => Promise<unknown>,
  ): Promise<Ticket>;
  /** The ticket as it is now, on the live stream as well. */
  published(id: number): Promise<Ticket>;
}

export function createWriting(
  { db, clock, book, publish }: Pick<BookDeps, "db" | "clock"> & {
    book: TicketBook;
    publish: (ticket: Ticket) => void;
  },
): Writing {
  const { store, json } = book;

  async function rowOf(id: string): Promise<TicketRow> {
    const number = numberOf(id);
    const row = number === null ? null : await store.find(number);
    if (row !== null) return row;
    throw new PerchError("not_found", `there is no ticket "${id.slice(0, 40)}"`);
  }

  function checkVersion(row: TicketRow, version: number | undefined): void {
    if (version !== undefined && version !== row.version) throw fasterError(row, clock.now());
  }

  async function published(id: number): Promise<Ticket> {
    const ticket = json((await store.find(id))!);
    publish(ticket);
    return ticket;
  }

  /** Writes a change, and says who was faster when somebody was. */
  async function write(
    row: TicketRow,
    statements: SqlStatement[],
    commit: (statements: SqlStatement[]) => Promise<unknown> = db.write,
  ): Promise<Ticket> {
    try {
      await commit(statements);
    } catch (error) {
      if (!isConflict(error)) throw error;
      throw fasterError((await store.find(row.id))!, clock.now());
    }
    return await published(row.id);
  }

  return { rowOf, checkVersion, write, published };
}

/** A conflict of the ticket's own; who overtook a person is named where their request is answered. */
export function isConflict(error: unknown): boolean {
  return error instanceof PerchError && error.code === "conflict" && !isOvertaken(error);
}
