import type { Context } from "hono";
import type { VNode } from "preact";
import { render } from "preact-render-to-string";
import type { Identity } from "../../lib/access/identity.ts";
import { pageBelow } from "../http/below.ts";
import type { Assets } from "../http/static.ts";
import { Document, themeOf } from "./layout.tsx";

/** Draws what stands in no place of the application, in its frame: an error, a sign-in that ended. */
export type BarePage = (c: Context, who: Identity | null, title: string, content: VNode) => string;

export function createBarePage(
  assets: Assets,
  trouble: () => string | null = () => null,
  base = "",
): BarePage {
  return (c, who, title, content) => {
    const html = "<!doctype html>" + render(
      <Document
        who={who}
        theme={themeOf(c)}
        here="/"
        assets={assets}
        trouble={trouble()}
        base={base}
        page={{ title, place: "", content }}
      />,
    );
    return pageBelow(html, base);
  };
}
