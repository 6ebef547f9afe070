import type { Access } from "../../../lib/access/access.ts";
import type { Clock } from "../../../lib/base/clock.ts";
import type { Settings } from "../../../lib/settings/settings.ts";
import type { PageFrame } from "../../frame/layout.tsx";

/** What the pages of this room use. */
export interface AccountPageParts {
  access: Access;
  settings: Settings;
  frame: PageFrame;
  clock: Clock;
  /** The site's time zone, an IANA name. */
  zone: string;
  /** `PERCH_PUBLIC_URL`, for links that are sent to people. */
  publicUrl: string | null;
}
