/** What the pages of imports share. */
import type { VNode } from "preact";
import type { Job } from "../../lib/jobs/job.ts";
import type { SensorDirectory } from "../../lib/machines/sensor.ts";
import type { SiteToType } from "../../lib/transfer/import/confirm_site.ts";
import { Field, FormError, Hidden } from "../frame/form.tsx";
import { ProofFields } from "../frame/proof_fields.tsx";
import type { PageParts } from "../frame/page_parts.ts";
import { Crumbs } from "../frame/parts.tsx";
import type { ImportServices } from "./import_request.ts";

export type ImportPageParts =
  & Omit<PageParts, "audit">
  & ImportServices
  & { sensors: SensorDirectory };

export const PAGE = "/import";
export const GUIDE = "/guides/history";
/** Without script a page loads anew so often while something is under way. */
export const REFRESH_S = 2;

export const lookHref = (file: string) => `${PAGE}/look?file=${encodeURIComponent(file)}`;
export const importHref = ({ id }: Pick<Job, "id">) => `${PAGE}/${encodeURIComponent(id)}`;

export function ImportCrumbs(): VNode {
  return (
    <Crumbs>
      <a href={PAGE}>Imports</a>
    </Crumbs>
  );
}

/** A file that says it is of another site. */
export function ForeignNotice({ site }: { site: SiteToType | null }): VNode | null {
  if (!site?.foreign) return null;
  return (
    <p class="banner warning" role="alert">
      {`This file says that it is of another site: ${site.name}. Nothing but its readings is ` +
        "imported; people, keys and settings of it never are. Its name is asked for before."}
    </p>
  );
}

/** What stores readings asks again who does it, and where. */
export function ProofForm(
  { id, site, button, errors, values }: {
    id: string;
    site: SiteToType;
    button: string;
    errors: Record<string, string>;
    values: Record<string, string>;
  },
): VNode {
  return (
    <form method="post" action={`${PAGE}/begin`}>
      <FormError>{errors.form ?? errors.file ?? errors.id}</FormError>
      <Hidden values={{ id }} />
      <Field
        name="site"
        label={site.foreign ? "Name of the site that the file is from" : "Name of this site"}
        help={`Type it, so that nothing goes to the wrong place: ${site.name}`}
        error={errors.site}
        value={values.site}
        autocomplete="off"
      />
      <ProofFields errors={errors} />
      <button type="submit" class="primary">{button}</button>
    </form>
  );
}
