import type { Facts } from "../emergency/decide.ts";
import type { HostSample } from "../host_sample.ts";

/** How the host is looked at; tests hand in their own. */
export interface HostWatch {
  /** Never fails. */
  sample: () => Promise<HostSample>;
  /** What can become tight, at little cost; absent: nobody looks. */
  sense?: () => Promise<Facts>;
  /** Bytes that the database's thread has written; null: not known. */
  databaseWrites: () => Promise<number | null>;
}
