/** Who speaks for a site: one plant, one running Perch. Pure. */
import { PerchError } from "../../base/errors.ts";
import { PROTOCOL } from "../wire.ts";
import type { Forward } from "../wire.ts";
import type { Site, SiteState } from "./site.ts";

/** Starts of a site's Perch that are remembered: one that speaks again after a later one is a second program. */
const BEFORE_MOST = 16;

/**
 * What the state of a site becomes when somebody speaks for it. A card that was copied has the same plant and perhaps
 * the same hardware; what gives it away is that a start which another one has followed speaks once more.
 * @throws PerchError `conflict`: a sentence for the one who speaks
 */
export function heard(
  site: Site,
  said: Pick<Forward, "protocol" | "node" | "instance" | "host" | "hardware" | "perch">,
  version: string,
): Partial<SiteState> {
  const { id, state } = site;
  if (said.protocol > PROTOCOL) {
    throw refused(
      `This centre runs Perch ${version}, which speaks version ${PROTOCOL} of forwarding; the site ${id} runs Perch ` +
        `${said.perch} and speaks version ${said.protocol}. Update the centre first; nothing is lost meanwhile.`,
    );
  }
  if (state.node !== null && state.node !== said.node) {
    throw refused(
      `The site ${id} is another Perch, on ${state.host}; this one, on ${said.host}, is not it. Add a site of its own ` +
        "for it at the centre, or let it take the other's place there.",
    );
  }
  if (state.silenced.includes(said.instance)) {
    throw refused(
      `At the centre somebody chose another Perch as the site ${id}: this one, on ${said.host}, is a copy. Add a site ` +
        "of its own for it there, or switch forwarding off.",
    );
  }
  return {};
}

/** The starts as they are once this one spoke; with a clash, when one speaks again that another had followed. */
export function speaking(
  state: SiteState,
  said: Pick<Forward, "instance" | "host">,
  nowMs: number,
): Pick<SiteState, "instance" | "before" | "clash"> {
  const { instance, before, clash } = state;
  if (instance === said.instance || instance === null) {
    return { instance: said.instance, before, clash };
  }
  if (before.includes(said.instance)) {
    const hosts: NonNullable<SiteState["clash"]>["hosts"] = [
      { instance, host: state.host },
      { instance: said.instance, host: said.host },
    ];
    return { instance, before, clash: clash ?? { atMs: nowMs, hosts } };
  }
  return { instance: said.instance, before: [...before, instance].slice(-BEFORE_MOST), clash };
}

export const refused = (message: string) => new PerchError("conflict", message);
