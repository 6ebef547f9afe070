import type { Access } from "../../../lib/access/access.ts";
import type { PageParts } from "../../frame/page_parts.ts";

/** What the pages of this room use. */
export interface AccountPageParts extends PageParts {
  access: Access;
  /** `PERCH_PUBLIC_URL`, for links that are sent to people. */
  publicUrl: string | null;
}
