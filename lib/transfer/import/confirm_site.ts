/**
 * What somebody types before history is imported: the name of the site that the file is from where it says another
 * one, else of this one. Pure.
 */
import { PerchError } from "../../base/errors.ts";
import type { SiteHead } from "../site_head.ts";

/** A site by its id, which does not change, and its name. */
export interface OwnSite {
  id: string;
  name: string;
}

export interface SiteToType {
  name: string;
  /** The file is of another site. */
  foreign: boolean;
}

const NAME_MOST = 200;
/** Control characters, and those that turn the direction of text or are not seen: nobody can type them. */
const UNTYPABLE = /[\p{Cc}\p{Cf}\s]+/gu;

/** The name that has to be typed. */
export function siteToType(head: SiteHead | null, own: OwnSite): SiteToType {
  if (head === null || head.site === own.id) return { name: own.name, foreign: false };
  // Without a name that can be typed, the id stands for it.
  const name = typable(head.name) || typable(head.site) || own.name;
  return { name, foreign: true };
}

/** @throws PerchError `validation` at `site` when something else was typed */
export function confirmSite(typed: string, { name, foreign }: SiteToType): void {
  if (typable(typed) === typable(name)) return;
  const of = foreign ? "the other site that the file is from" : "this site";
  throw new PerchError("validation", `site: type the name of ${of}, ${name}`, {
    errors: [{ path: "site", message: `Type the name of ${of}: ${name}` }],
  });
}

const typable = (name: string) => name.replace(UNTYPABLE, " ").trim().slice(0, NAME_MOST).trim();
