/** How forwarding is doing, for pages and for the rules about Perch. */
export interface ForwardState {
  /**
   * `waiting`: the centre is not reached, or takes nothing for the moment. `refused`: it says that this cannot be the
   * site, until somebody does something.
   */
  state: "off" | "starting" | "connected" | "waiting" | "refused";
  /** One sentence. */
  detail: string;
  centre: string | null;
  site: string | null;
  /** Readings that the centre does not have; null: not counted yet. */
  waiting: number | null;
  oldestMs: number | null;
  /** Given up, because they waited too long or were too many. */
  lost: number;
  /** Since the start. */
  sent: number;
  contactMs: number | null;
  /** This clock minus the centre's. */
  offsetMs: number | null;
  centreVersion: string | null;
  keptBytes: number;
}

export const OFF: ForwardState = {
  ...{ state: "off", detail: "Nothing is forwarded", centre: null, site: null, waiting: null },
  ...{ oldestMs: null, lost: 0, sent: 0, contactMs: null, offsetMs: null },
  ...{ centreVersion: null, keptBytes: 0 },
};

/** How it is before the first answer of a centre. */
export const starting = ({ centre, site }: { centre: string; site: string }): ForwardState => ({
  ...OFF,
  ...{ state: "starting", detail: "Forwarding begins", centre, site },
});
