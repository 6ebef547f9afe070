import { Buffer } from "node:buffer";
import type { Locator, Page } from "playwright-core";

/** What a person does on pages, counted: what is clicked, chosen or pressed, and the fields that are typed into. */
export interface Walk {
  page: Page;
  click(target: string | RegExp | Locator): Promise<void>;
  /** A page that the menu names, or that stands under More. */
  open(name: string): Promise<void>;
  /** Into the field of that label. */
  type(label: string | Locator, text: string): Promise<void>;
  choose(label: string, option: string): Promise<void>;
  press(key: string): Promise<void>;
  file(label: string | Locator, name: string, content: Uint8Array | string): Promise<void>;
  /** Waits for it: reading is no click. */
  see(text: string | RegExp): Promise<void>;
  counted(): { clicks: number; fields: number };
}

/** A busy host is no reason to call a task failed. */
const PATIENCE_MS = 30_000;

export function walkOn(page: Page): Walk {
  let clicks = 0, fields = 0;
  page.setDefaultTimeout(PATIENCE_MS);
  const labelled = (label: string | Locator) =>
    typeof label === "string" ? page.getByLabel(label, { exact: true }).last() : label;
  const named = (target: string | RegExp) => {
    const exact = typeof target === "string";
    const by = (role: "link" | "button") => page.getByRole(role, { name: target, exact });
    return by("link").or(by("button")).or(page.locator("summary", { hasText: target })).first();
  };
  const click: Walk["click"] = async (target) => {
    clicks++;
    await (typeof target === "string" || target instanceof RegExp ? named(target) : target)
      .click();
  };
  return {
    page,
    click,
    async open(name) {
      const link = page.getByRole("link", { name: new RegExp(`^${name}`) }).first();
      if (!await link.isVisible()) await click("More");
      await click(link);
    },
    async type(label, text) {
      fields++;
      await labelled(label).fill(text);
    },
    async choose(label, option) {
      clicks++;
      await labelled(label).selectOption(option);
    },
    async press(key) {
      clicks++;
      await page.keyboard.press(key);
    },
    async file(label, name, content) {
      clicks++;
      const buffer = Buffer.from(
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      );
      const mimeType = name.endsWith(".png") ? "image/png" : "text/csv";
      await labelled(label).setInputFiles({ name, mimeType, buffer });
    },
    see: (text) => page.locator("main").getByText(text).first().waitFor(),
    counted: () => ({ clicks, fields }),
  };
}
