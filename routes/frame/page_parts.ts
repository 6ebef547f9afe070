import type { Audit } from "../../lib/access/audit.ts";
import type { Clock } from "../../lib/base/clock.ts";
import type { PageFrame } from "./layout.tsx";

/** What every page takes; one takes the services of its folder beside. */
export interface PageParts {
  clock: Clock;
  /** The time zone in which this page shows times, an IANA name: the viewer's choice, else the site's. */
  readonly zone: string;
  /** The site's, in which days, weekly windows, schedules and reports count. */
  readonly siteZone: string;
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
  /** `PERCH_PUBLIC_URL`, with the path below which Perch stands. */
  publicUrl: string | null;
}
