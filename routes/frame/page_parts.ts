import type { Audit } from "../../lib/access/audit.ts";
import type { Clock } from "../../lib/base/clock.ts";
import type { PageFrame } from "./layout.tsx";

/** What every page takes; one takes the services of its folder beside. */
export interface PageParts {
  clock: Clock;
  /** The site's time zone, an IANA name. */
  zone: string;
  /** Where the event stream stands: a page's stream goes on from where its picture was taken. */
  place: () => string;
  /** Draws the pages. */
  frame: PageFrame;
  audit: Pick<Audit, "statement">;
}

/** Where a first message can be sent to, for the examples on empty pages. */
export interface BrokerAddress {
  host: string;
  port: number;
}
